//! How much registering is let happen: so many tries an hour, so many clients of a department.

use std::time::Duration;

use super::admission::{Admission, Ground};
use crate::base::{Fault, Moment};
use crate::crypto::mac::digest;
use crate::protocol::{Postponed, Refusal};
use crate::sql;
use crate::storage::{Ephemeral, Limit, Run};

const HOUR: Duration = Duration::from_secs(3600);

/// Counts a try, before anything is fetched on its account.
pub async fn count(
    ephemeral: &Ephemeral,
    moment: &Moment,
    admission: &Admission,
    ground: Ground,
) -> Result<Result<(), Postponed>, Fault> {
    let (who, most) = match admission {
        Admission::Invited(invitation) => (format!("invited:{}", invitation.id), 300),
        Admission::Published(publisher, _) => (format!("published:{}", digest(&publisher.issuer)), 120),
        Admission::Open => (format!("open:{}", moment.place()), 60),
    };
    // A conformance run registers a client for each of its tests.
    let most = if ground == Ground::Sandbox { 5_000 } else { most };
    let limit = Limit { name: "registrations", most, within: HOUR };
    Ok(match limit.take(ephemeral, moment.now, &who).await? {
        None => Ok(()),
        Some(wait) => Err(Refusal::RegistrationsTooMany.until(wait)),
    })
}

/// Whether a department may have one more client that registered itself.
pub async fn check_department(
    run: &mut impl Run,
    department: &str,
    ground: Ground,
) -> Result<Result<(), Refusal>, Fault> {
    let most = if ground == Ground::Sandbox { 20_000 } else { 500 };
    let (held,): (i64,) = run
        .one(sql!(
            "SELECT COUNT(*) FROM registration JOIN client ON client.client_id = registration.client_id
             WHERE client.department_id = $1 AND client.state <> 'deleted'",
            department,
        ))
        .await?;
    Ok(if held < most { Ok(()) } else { Err(Refusal::DepartmentFull) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;
    use crate::base::time::ManualClock;
    use crate::storage::Tally;

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_stranger() {
        let now = Timestamp::from_seconds(1200);
        let ephemeral = Ephemeral::in_process(Arc::new(ManualClock::at(now)), Arc::new(Tally::default()));
        let mut moment = Moment::of_system(now, Arc::new(Seeded::new(1)));
        let mut told = Vec::new();
        for number in 1..=61 {
            moment.client_ip = format!("2001:db8::{number:x}").parse().unwrap();
            told.push(count(&ephemeral, &moment, &Admission::Open, Ground::Real).await.unwrap());
        }
        assert_eq!((told[59], told[60]), (Ok(()), Err(Refusal::RegistrationsTooMany.until(2400))));
        moment.client_ip = "2001:db8:0:1::1".parse().unwrap();
        assert_eq!(count(&ephemeral, &moment, &Admission::Open, Ground::Real).await.unwrap(), Ok(()));
    }
}

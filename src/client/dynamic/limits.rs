//! How much registering is let happen: so many tries an hour, so many clients of a department.

use std::time::Duration;

use super::admission::{Admission, Ground};
use crate::base::{Fault, Moment};
use crate::crypto::mac::digest;
use crate::protocol::Refusal;
use crate::sql;
use crate::storage::{Ephemeral, Run};

const HOUR: Duration = Duration::from_secs(3600);

/// Counts a try, before anything is fetched on its account.
pub async fn count(
    ephemeral: &Ephemeral,
    moment: &Moment,
    admission: &Admission,
    ground: Ground,
) -> Result<Result<(), Refusal>, Fault> {
    let (who, most) = match admission {
        Admission::Invited(invitation) => (format!("invited:{}", invitation.id), 300),
        Admission::Published(publisher, _) => (format!("published:{}", digest(&publisher.issuer)), 120),
        Admission::Open => (format!("open:{}", moment.client_ip), 60),
    };
    // A conformance run registers a client for each of its tests.
    let most = if ground == Ground::Sandbox { 5_000 } else { most };
    let tries = ephemeral.count(&format!("registrations:{who}"), HOUR).await?;
    Ok(if tries <= most { Ok(()) } else { Err(Refusal::RegistrationsTooMany) })
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

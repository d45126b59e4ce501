//! The figures the project holds itself to, beside what this run measured.

use std::time::Duration;

use crate::Measured;
use crate::declared::Signed;
use crate::growth::Growth;
use crate::load::Row;
use crate::parts::{Cost, Parts};
use crate::plan::Stand;

/// One figure.
pub struct Figure {
    pub what: String,
    pub unit: &'static str,
    pub bound: Bound,
    pub measured: f64,
}

#[derive(Clone, Copy)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// How much of the bound is used: up to 1 the figure is reached, 2 is twice too slow or half of what is wanted.
    pub fn ratio(&self) -> f64 {
        match self.bound {
            Bound::AtMost(most) if most > 0.0 => self.measured / most,
            // Nothing at all is wanted: every one is one too many.
            Bound::AtMost(_) => 1.0 + self.measured,
            Bound::AtLeast(least) => least / self.measured,
        }
    }
}

/// Every figure this run can speak about.
pub fn compare(stand: &Stand, measured: &Measured, parts: &Parts) -> Vec<Figure> {
    let mut figures = Vec::new();
    hops(stand, measured, parts, &mut figures);
    round_trips(measured, &mut figures);
    if let Some(row) = row(measured, "password-sign-in") {
        let share = 100.0 * row.rate / parts.hash_rate;
        figures.push(figure(
            "password sign-in, of the rate argon2id alone reaches",
            "%",
            Bound::AtLeast(90.0),
            share,
        ));
    }
    if let Some(storm) = &measured.storm {
        let times = storm.stormy.as_secs_f64() / storm.quiet.as_secs_f64().max(1e-9);
        figures.push(figure("token p99 in a hash storm, of its quiet value", "×", Bound::AtMost(2.0), times));
    }
    let idle = measured.idle_memory as f64 / 1e6;
    figures.push(figure("resident memory, idle", "MB", Bound::AtMost(50.0), idle));
    figures.push(figure("start to first answer", "ms", Bound::AtMost(300.0), milliseconds(measured.start)));
    figures
}

/// What growth may cost, and memory among many sessions.
pub fn of_growth(stand: &Stand, growth: &Growth) -> Vec<Figure> {
    let mut figures = Vec::new();
    for grown in &growth.operations {
        for (what, ratio) in [("p99", grown.ratio(|row| row.p99)), ("CPU", grown.ratio(|row| row.cpu))] {
            let what = format!("growth: {what} of {}, of that among few", grown.name);
            figures.push(figure(&what, "×", Bound::AtMost(1.3), ratio));
        }
    }
    // SQLite keeps what else is kept in Redis in the process itself: no bound is set for it.
    if let (Some(memory), Stand::Postgres { .. }) = (&growth.memory, stand) {
        let what = format!("resident memory with {} live sessions", memory.sessions);
        figures.push(figure(&what, "MB", Bound::AtMost(120.0), memory.resident as f64 / 1e6));
    }
    figures
}

fn hops(stand: &Stand, measured: &Measured, parts: &Parts, figures: &mut Vec<Figure>) {
    for (signed, name, times) in
        [(Signed::Es256, "sso-hop-es256", 3.0), (Signed::Rs256, "sso-hop-rs256", 1.3)]
    {
        let Some(row) = row(measured, name) else { continue };
        if signed == Signed::Es256 && matches!(stand, Stand::Sqlite) {
            figures.push(figure(
                "SSO hop with ES256, server CPU",
                "ms",
                Bound::AtMost(0.6),
                milliseconds(row.cpu),
            ));
        }
        if let Some(alone) = hop_alone(stand, measured, parts, signed) {
            let what = format!(
                "SSO hop with {}, CPU as a multiple of its signatures and durable row alone",
                signed.name()
            );
            figures.push(figure(
                &what,
                "×",
                Bound::AtMost(times),
                row.cpu.as_secs_f64() / alone.as_secs_f64(),
            ));
        }
    }
}

/// CPU of the signatures a hop really makes and of one durable row in a grouped write.
fn hop_alone(stand: &Stand, measured: &Measured, parts: &Parts, signed: Signed) -> Option<Duration> {
    let (_, algorithms) = measured.hop_signatures.iter().find(|(kind, _)| *kind == signed)?;
    let signatures: Option<Vec<Cost>> =
        algorithms.iter().map(|algorithm| parts.signature(algorithm)).collect();
    let row = match stand {
        Stand::Sqlite => parts.sqlite.grouped.cpu,
        Stand::Postgres { .. } => parts.postgres.as_ref()?.grouped.cpu,
    };
    Some(signatures?.iter().map(|cost| cost.cpu).sum::<Duration>() + row)
}

fn round_trips(measured: &Measured, figures: &mut Vec<Figure>) {
    for (name, kind, most) in [
        ("authorize", "read", 2.0),
        ("authorize", "transaction", 0.0),
        ("authorize", "ephemeral", 1.0),
        ("code-exchange", "read", 0.0),
        ("code-exchange", "ephemeral", 1.0),
        ("code-exchange", "transaction", 1.0),
        ("userinfo", "read", 1.0),
        ("introspection", "read", 1.0),
        ("refresh", "read", 0.0),
        ("refresh", "transaction", 1.0),
        ("client-credentials", "read", 0.0),
        ("par-push", "read", 0.0),
        ("par-push", "ephemeral", 1.0),
        ("par-authorize", "read", 1.0),
        ("par-authorize", "ephemeral", 5.0),
        ("dpop-refresh", "read", 0.0),
        ("dpop-refresh", "ephemeral", 1.0),
        ("dpop-refresh", "transaction", 1.0),
        ("dpop-userinfo", "read", 1.0),
        ("dpop-userinfo", "ephemeral", 1.0),
        ("device-poll", "read", 1.0),
        ("device-poll", "transaction", 0.0),
        ("device-poll", "ephemeral", 2.0),
        ("mtls-token", "read", 0.0),
        ("mtls-token", "transaction", 1.0),
        ("mtls-userinfo", "read", 1.0),
        ("mtls-userinfo", "ephemeral", 0.0),
    ] {
        let Some(row) = row(measured, name).filter(|row| !row.trips.is_empty()) else { continue };
        let count = row.trips.get(kind).copied().unwrap_or(0.0);
        // To a twentieth: the service's own sweeps run beside the load.
        let count = (count * 20.0).round() / 20.0;
        figures.push(figure(&format!("round trips of {name}: {kind}"), "", Bound::AtMost(most), count));
    }
}

/// A row that measured something.
fn row<'a>(measured: &'a Measured, name: &str) -> Option<&'a Row> {
    measured.rows.iter().find(|row| row.name == name && row.rate > 0.0)
}

fn figure(what: &str, unit: &'static str, bound: Bound, measured: f64) -> Figure {
    Figure { what: what.to_string(), unit, bound, measured }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

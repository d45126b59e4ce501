//! What the person at the terminal reads: tables in Markdown.

use std::time::Duration;

use crate::beside::Beside;
use crate::durable::Durable;
use crate::figures::{Bound, Figure};
use crate::load::Row;
use crate::parts::{Cost, Parts};
use crate::storm::Storm;

pub fn parts(parts: &Parts) {
    println!("## The parts alone\n");
    println!("| part | per second | time µs | CPU µs |\n| --- | ---: | ---: | ---: |");
    for (name, cost) in &parts.signatures {
        part(&format!("{name} signature, one thread"), *cost, None);
    }
    part("ES256 verification, one thread", parts.verification, None);
    part("argon2id 19 MiB t=2 p=1, one thread", parts.hash, None);
    println!("| argon2id, all cores | {:.1} | | |", parts.hash_rate);
    durable("SQLite (WAL, FULL)", &parts.sqlite);
    match &parts.postgres {
        Some(postgres) => durable("PostgreSQL (CPU of our side)", postgres),
        None => println!("| PostgreSQL | not at hand | | |"),
    }
}

fn durable(name: &str, durable: &Durable) {
    part(&format!("{name}: a row alone in its commit, one connection"), durable.alone, None);
    part(&format!("{name}: a row in a grouped commit"), durable.grouped, None);
    part(&format!("{name}: a row read by its key"), durable.read, None);
    println!("| {name}: single-row commits, all connections | {:.0} | | |", durable.rate);
}

fn part(name: &str, cost: Cost, rate: Option<f64>) {
    let rate = rate.unwrap_or(1.0 / cost.wall.as_secs_f64());
    println!("| {name} | {rate:.0} | {} | {} |", microseconds(cost.wall), microseconds(cost.cpu));
}

pub fn rows(rows: &[Row]) {
    println!(
        "\n| operation | per second | p50 ms | p99 ms | server CPU ms | memory MB | round trips | failures |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |");
    for row in rows {
        println!(
            "| {} | {:.1} | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.rate,
            milliseconds(row.p50),
            milliseconds(row.p99),
            milliseconds(row.cpu),
            row.memory / 1_000_000,
            trips(row),
            row.failures,
        );
    }
    for row in rows {
        if let Some(failure) = &row.first_failure {
            println!("\n{} failed: {failure}", row.name);
        }
    }
}

/// What an operation costs, and what it could not do without.
pub fn beside(operations: &[Beside]) {
    println!(
        "\n| operation | made of | alone CPU ms | and answers and reads | server CPU ms | multiple | of all |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for one in operations {
        println!(
            "| {} | {} | {:.3} | {} | {} | ×{:.1} | {} |",
            one.operation,
            one.made_of,
            one.alone.as_secs_f64() * 1e3,
            one.whole.map_or_else(String::new, |whole| format!("{:.3}", whole.as_secs_f64() * 1e3)),
            milliseconds(one.cpu),
            multiple(one.cpu, one.alone),
            one.whole.map_or_else(String::new, |whole| format!("×{:.1}", multiple(one.cpu, whole))),
        );
    }
}

fn multiple(cpu: Duration, alone: Duration) -> f64 {
    cpu.as_secs_f64() / alone.as_secs_f64().max(1e-9)
}

pub fn storm(storm: &Storm) {
    println!(
        "\nhash storm: token p99 {} ms, {} ms when quiet; {:.1} sign-ins a second, {} turned away, {} token requests failed",
        milliseconds(storm.stormy),
        milliseconds(storm.quiet),
        storm.sign_ins,
        storm.turned_away,
        storm.failed_requests,
    );
}

/// Up to ×1.00 the figure is reached.
pub fn figures(figures: &[Figure]) {
    println!("\n| figure | wanted | measured | used of it |\n| --- | ---: | ---: | ---: |");
    for figure in figures {
        let (sign, value) = match figure.bound {
            Bound::AtMost(value) => ("≤", value),
            Bound::AtLeast(value) => ("≥", value),
        };
        let (unit, ratio) = (figure.unit, figure.ratio());
        let mark = if ratio <= 1.0 { "" } else { " off" };
        println!(
            "| {} | {sign} {value} {unit} | {:.2} {unit} | ×{ratio:.2}{mark} |",
            figure.what, figure.measured
        );
    }
    println!(
        "\nNot measured here: memory with 100,000 sessions, growth to 10,000,000 identities, bulk import."
    );
}

fn trips(row: &Row) -> String {
    let kinds: Vec<_> = row.trips.iter().map(|(kind, count)| format!("{kind} {count:.2}")).collect();
    kinds.join(", ")
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}

fn microseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

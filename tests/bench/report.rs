//! What the person at the terminal reads: tables in Markdown.

use std::time::Duration;

use crate::beside::Beside;
use crate::builds::Pair;
use crate::figures::{Bound, Figure};
use crate::growth::{Growth, median};
use crate::load::Row;
use crate::parts::{Cost, Parts};
use crate::stored::Stored;
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
    stored("SQLite (WAL, FULL)", &parts.sqlite);
    match &parts.postgres {
        Some(postgres) => stored("PostgreSQL (CPU of our side)", postgres),
        None => println!("| PostgreSQL | not at hand | | |"),
    }
}

fn stored(name: &str, stored: &Stored) {
    part(&format!("{name}: a row alone in its commit, one connection"), stored.alone, None);
    part(&format!("{name}: a row in a grouped commit"), stored.grouped, None);
    part(&format!("{name}: a row read by its key"), stored.read, None);
    println!("| {name}: single-row commits, all connections | {:.0} | | |", stored.rate);
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
    if figures.is_empty() {
        return;
    }
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
}

/// What this run has left out.
pub fn left_out() {
    println!(
        "\nNot measured here: growth (`--identities 10000000`), memory among many live sessions (`--sessions 100000`), \
         bulk import (there is none yet)."
    );
}

/// The databases, the operations on both of them, the memory.
pub fn growth(growth: &Growth) {
    println!("\n| identities | sessions | filled in s | database MB | CPU of a minute idle, ms |");
    println!("| ---: | ---: | ---: | ---: | ---: |");
    for side in &growth.sides {
        println!(
            "| {} | {} | {} | {} | {} |",
            side.crowd.identities,
            side.crowd.sessions,
            side.filled.took.as_secs(),
            side.filled.bytes / 1_000_000,
            side.idle.as_millis(),
        );
    }
    if !growth.operations.is_empty() {
        println!("\n| operation | identities | per second | p50 ms | p99 ms | server CPU ms | failures |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    }
    for grown in &growth.operations {
        for (side, rows) in growth.sides.iter().zip([&grown.few, &grown.many]) {
            medians(grown.name, &side.crowd.identities.to_string(), rows);
        }
    }
    if let Some(memory) = &growth.memory {
        println!("\nWith {} live sessions: {} MB resident", memory.sessions, memory.resident / 1_000_000);
        rows(&memory.rows);
    }
}

/// The medians of both builds, and of the other's rounds beside this one's.
pub fn builds(pairs: &[Pair]) {
    println!("\n| operation | build | per second | p50 ms | p99 ms | server CPU ms | failures |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for pair in pairs {
        medians(pair.name, "this", &pair.this);
        medians(pair.name, "other", &pair.other);
    }
    println!("\n| operation | other of this: server CPU | per second |");
    println!("| --- | ---: | ---: |");
    for pair in pairs {
        let cpu = pair.ratio(|row| row.cpu.as_secs_f64());
        println!("| {} | ×{cpu:.3} | ×{:.3} |", pair.name, pair.ratio(|row| row.rate));
    }
}

fn medians(name: &str, side: &str, rows: &[Row]) {
    let of = |value: fn(&Row) -> f64| median(rows.iter().map(value));
    println!(
        "| {name} | {side} | {:.1} | {:.2} | {:.2} | {:.3} | {} |",
        of(|row| row.rate),
        of(|row| row.p50.as_secs_f64() * 1e3),
        of(|row| row.p99.as_secs_f64() * 1e3),
        of(|row| row.cpu.as_secs_f64() * 1e3),
        rows.iter().map(|row| row.failures).sum::<usize>(),
    );
    if let Some(failure) = rows.iter().find_map(|row| row.first_failure.as_ref()) {
        println!("\n{name} failed: {failure}");
    }
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

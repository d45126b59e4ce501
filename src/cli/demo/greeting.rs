//! What the demo says when it stands: where to go and as whom.

use super::installation::Installation;
use super::standing::{Citizen, Standing};
use crate::http::paths;

/// Addresses and accounts, in Chinese and English, in columns.
pub fn text(installation: &Installation, people: &[Standing]) -> String {
    let issuer = &installation.issuer;
    let places = [
        ["门户（从这里开始）", "City portal (start here)", &installation.portal.base_url],
        ["市人社局业务系统", "Department system", &installation.department.base_url],
        ["12345 热线话务台", "Hotline desk", &installation.hotline_desk()],
        ["大厅窗口", "Hall window", &format!("{issuer}{}", paths::HALL)],
        ["我的账号", "My account", &format!("{issuer}{}", paths::ACCOUNT)],
        ["统一身份认证服务", "Identity service", issuer],
        ["自助登记（开放）", "Client registration (open)", &format!("{issuer}{}", paths::REGISTRATION)],
    ];
    let mut lines = vec![String::new(), "  通钥 Tongyao · 演示 demo".to_owned(), String::new()];
    lines.extend(columns(&places.map(|row| row.map(str::to_owned))));
    lines.push(String::new());
    let mut accounts = vec![["账号 account", "密码 password", "谁 who"].map(str::to_owned)];
    accounts.extend(people.iter().map(account));
    lines.extend(columns(&accounts));
    lines.push(String::new());
    lines.push(
        "  示例数据，密码公开，请勿用于真实业务。Sample data, public passwords: never for real use."
            .to_owned(),
    );
    lines.push("  按 Ctrl+C 结束，数据会保留。Ctrl+C ends it; the data stays.".to_owned());
    lines.push(String::new());
    lines.join("\n")
}

fn account(person: &Standing) -> [String; 3] {
    let name = &person.name;
    let who = match &person.citizen {
        Some(Citizen { id_number, level }) => {
            format!("{name} · 证件号 ID number {id_number} · 等级 level {level}")
        }
        None => format!("{name} · 窗口工作人员 clerk"),
    };
    let password = person.password.as_deref().unwrap_or("（已更改 changed）");
    [person.username.clone(), password.to_owned(), who]
}

fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let wide = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(wide).collect();
    let line = |row: &[String; N]| {
        let cells =
            row.iter().zip(&widths).map(|(text, wide)| format!("{text}{}", " ".repeat(wide - width(text))));
        format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Cells on a terminal: Chinese characters and full-width marks take two (Unicode UAX #11).
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{FF00}'..='\u{FF60}') { 2 } else { 1 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_whatever_the_script() {
        let rows = [["门户", "x"], ["portal", "y"]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows), ["  门户    x", "  portal  y"]);
    }
}

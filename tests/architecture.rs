//! Holds the order of the house: what `src/lib.rs` lists decides who may use whom. Text only.

mod sources;

use std::fs;
use std::path::Path;

use sources::{Source, sources};

/// Surfaces meet in `http/paths.rs` and do not know one another.
const SURFACES: &[&str] = &["oidc", "web", "admin"];
/// The hall can be removed whole: nobody else may use it.
const MAY_USE_HALL: &[&str] = &["hall", "web", "admin", "jobs", "cli", "app", "server"];
/// Words without input and output, and the crates that would bring it in.
const PURE: &[&str] = &["base", "protocol"];
const IMPURE_CRATES: &[&str] = &["sqlx", "axum", "tokio"];
const LONGEST: usize = 500;
/// Files that may be longer, each with its reason.
const MAY_BE_LONG: &[(&str, &str)] = &[
    ("audit/event.rs", "one table: every event with the columns of its row"),
    ("protocol/refusal.rs", "one table: every refusal with its code and texts"),
];
/// Drawers: a name that says how code is filed instead of what it is about.
const DRAWERS: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "shared", "misc", "manager", "managers", "service",
    "services", "models",
];

#[test]
fn the_house_stands_as_planned() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let findings = check(&fs::read_to_string(src.join("lib.rs")).unwrap(), &sources(&src));
    assert!(findings.is_empty(), "\n\n{}\n", findings.join("\n"));
}

/// Everything wrong, one line each: `src/file:line: what; what to do`.
fn check(lib: &str, files: &[Source]) -> Vec<String> {
    let order = listed(lib);
    let macros: Vec<_> = files.iter().flat_map(exported_macros).collect();
    let mut findings = Vec::new();
    for file in files {
        check_form(file, &mut findings);
        if file.path == "lib.rs" || file.path == "main.rs" {
            continue;
        }
        let room = room_of(file);
        let Some(floor) = order.iter().position(|module| module == room) else {
            findings.push(format!(
                "src/{}:1: `{room}` is not listed; add `pub mod {room};` to src/lib.rs at its floor",
                file.path
            ));
            continue;
        };
        let code = without_comments_and_strings(&file.text);
        for (at, name) in crate_paths(&code).into_iter().chain(climbing_paths(&code, file, files, &order)) {
            let used = macros.iter().find(|(exported, _)| *exported == name).map_or(&name, |(_, home)| home);
            if let Some(what) = wrong_use(room, used, floor, &order) {
                findings.push(format!("src/{}:{}: {what}", file.path, line_of(&code, at)));
            }
        }
        check_crates(file, room, &code, &mut findings);
    }
    findings
}

fn listed(lib: &str) -> Vec<String> {
    let module = |line: &str| {
        Some(line.trim().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')?.to_string())
    };
    without_comments_and_strings(lib).lines().filter_map(module).collect()
}

/// Macros that `#[macro_export]` lifts to the root of the crate, each with the module it comes from.
fn exported_macros(file: &Source) -> Vec<(String, String)> {
    let code = without_comments_and_strings(&file.text);
    let home = room_of(file).to_string();
    let exported = code.match_indices("#[macro_export]").filter_map(|(at, _)| {
        let (_, definition) = code[at..].split_once("macro_rules!")?;
        Some((definition.trim_start().chars().take_while(|c| is_word(*c)).collect(), home.clone()))
    });
    exported.collect()
}

fn room_of(file: &Source) -> &str {
    file.path.split('/').next().unwrap().trim_end_matches(".rs")
}

fn check_form(file: &Source, findings: &mut Vec<String>) {
    let lines = file.text.lines().count();
    if lines > LONGEST && !MAY_BE_LONG.iter().any(|(path, _)| *path == file.path) {
        findings.push(format!("src/{}:{lines}: longer than {LONGEST} lines; split it by idea", file.path));
    }
    if !file.text.starts_with("//! ") {
        findings.push(format!(
            "src/{}:1: begin the file with one `//! ` sentence that says what it is",
            file.path
        ));
    }
    for part in file.path.split('/').map(|part| part.trim_end_matches(".rs")) {
        if DRAWERS.contains(&part) {
            findings.push(format!("src/{}:1: `{part}` is a drawer; name it after its subject", file.path));
        }
    }
}

fn wrong_use(room: &str, used: &str, floor: usize, order: &[String]) -> Option<String> {
    let listed_at = order.iter().position(|module| module == used);
    if used == "*" || used == "self" {
        Some("takes in the whole crate; name the module".to_string())
    } else if used != room && SURFACES.contains(&room) && SURFACES.contains(&used) {
        Some(format!("surface `{room}` uses surface `{used}`; they meet in http/paths.rs only"))
    } else if used == "hall" && !MAY_USE_HALL.contains(&room) {
        Some(format!(
            "`{room}` uses `hall`, which must be removable; let {} do it",
            MAY_USE_HALL[1..].join(", ")
        ))
    } else if listed_at.is_none() {
        Some(format!("`crate::{used}` is not a module listed in src/lib.rs; use the path of its own module"))
    } else if listed_at.is_some_and(|at| at > floor) {
        Some(format!(
            "`{room}` uses `{used}`, which stands above it in src/lib.rs; move what is shared down, or pass it in"
        ))
    } else {
        None
    }
}

fn check_crates(file: &Source, room: &str, code: &str, findings: &mut Vec<String>) {
    for name in IMPURE_CRATES {
        let Some(&at) = words(code, name).iter().find(|&&at| code[at + name.len()..].starts_with("::"))
        else {
            continue;
        };
        let line = line_of(code, at);
        if PURE.contains(&room) {
            findings.push(format!(
                "src/{}:{line}: `{room}` is pure and may not use {name}; do it in a higher module",
                file.path
            ));
        } else if *name == "sqlx" && room != "storage" {
            findings.push(format!(
                "src/{}:{line}: sqlx outside storage; use what `crate::storage` offers, or extend it",
                file.path
            ));
        }
    }
}

/// Modules named by `crate::x…` and `crate::{a, b::{c, d}}`, each with the byte offset of its name.
fn crate_paths(code: &str) -> Vec<(usize, String)> {
    let starts = words(code, "crate").into_iter().filter(|at| code[at + 5..].starts_with("::"));
    starts.flat_map(|at| heads(code, at + 7)).collect()
}

/// Modules reached by climbing out of the room with `super::super::x`, as if written `crate::x`.
fn climbing_paths(code: &str, file: &Source, files: &[Source], order: &[String]) -> Vec<(usize, String)> {
    let room = room_of(file);
    let own = |name: &str| {
        [format!("{room}/{name}.rs"), format!("{room}/{name}/mod.rs")]
            .iter()
            .any(|path| files.iter().any(|f| f.path == *path))
    };
    let depth = file.path.trim_end_matches("/mod.rs").split('/').count();
    let is_start = |at: &usize| code[at + 5..].starts_with("::") && !code[..*at].ends_with("::");
    let mut found = Vec::new();
    for at in words(code, "super").into_iter().filter(is_start) {
        let steps = code[at..].split("::").take_while(|part| *part == "super").count();
        if steps >= depth {
            found.extend(
                heads(code, at + steps * 7)
                    .into_iter()
                    .filter(|(_, name)| order.contains(name) && !own(name)),
            );
        }
    }
    found
}

/// The first names of the use tree or path that begins at `at`.
fn heads(code: &str, at: usize) -> Vec<(usize, String)> {
    let name_at =
        |at: usize| (at, code[at..].chars().take_while(|c| is_word(*c) || *c == '*').collect::<String>());
    if !code[at..].starts_with('{') {
        return vec![name_at(at)];
    }
    let (mut depth, mut fresh, mut found) = (0, false, Vec::new());
    for (offset, c) in code[at..].char_indices() {
        match c {
            '{' => (depth, fresh) = (depth + 1, depth == 0),
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' => fresh = depth == 1,
            c if fresh && !c.is_whitespace() => {
                found.push(name_at(at + offset));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Byte offsets at which `word` stands as a whole word.
fn words(code: &str, word: &str) -> Vec<usize> {
    let whole = |at: &usize| !code[..*at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word);
    code.match_indices(word).map(|(at, _)| at).filter(whole).collect()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The code with comments and literals left out; lines stay where they are.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = opaque_length(rest, &code);
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// How many bytes a comment or literal takes that begins here; 0 if none does.
fn opaque_length(rest: &str, before: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if let Some(inner) = rest.strip_prefix('r')
        && !before.ends_with(|c| is_word(c) && c != 'b')
        && inner.trim_start_matches('#').starts_with('"')
    {
        let hashes = inner.len() - inner.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        return inner[hashes + 1..].find(&close).map_or(rest.len(), |at| hashes + 2 + at + close.len());
    }
    if rest.starts_with('"') {
        return quoted_length(rest, '"');
    }
    // A quote opens a character only if one is closed right after; else it is a lifetime.
    let is_character = rest.starts_with("'\\") || rest.starts_with('\'') && rest.chars().nth(2) == Some('\'');
    if is_character { quoted_length(rest, '\'') } else { 0 }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

mod the_checker {
    use super::*;

    const LIB: &str =
        "pub mod base;\npub mod storage;\npub mod identity;\npub mod hall;\npub mod oidc;\npub mod web;\n";

    fn findings(path: &str, code: &str) -> Vec<String> {
        let file = |path: &str, code: &str| Source {
            path: path.to_string(),
            text: format!("//! What it is.\n{code}"),
        };
        check(LIB, &[file(path, code), file("web/oidc.rs", "")])
    }

    fn only_finding(path: &str, code: &str) -> String {
        let found = findings(path, code);
        assert_eq!(found.len(), 1, "{path}: {code}: {found:#?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn lets_a_module_use_what_is_listed_above_it() {
        let code = "use crate::{base::{id, time}, identity};\nfn f() { crate::storage::db(); super::page(); }\nuse crate::web::x;";
        assert_eq!(findings("web/page.rs", code), Vec::<String>::new());
    }

    #[test]
    fn finds_a_use_of_a_module_above_wherever_it_is_written() {
        for code in [
            "\nuse crate::web::page;",
            "\nuse crate::{base, web};",
            "\nuse crate::{base::{id, time}, web::{self, page}};",
            "\nfn f() -> crate::web::Page {}",
            "\npub(in crate::web) fn f() {}",
            "\nmacro_rules! m { () => { $crate::web::page() } }",
            "\nuse super::super::web::page;",
            "\nconst A: char = '\"'; use crate::web; const B: char = '\"';",
            "\nfn f<'a>(a: &'a str) -> crate::web::Page<'a> {}",
        ] {
            let found = only_finding("identity/store.rs", code);
            assert!(
                found.starts_with("src/identity/store.rs:3: `identity` uses `web`, which stands above"),
                "{found}"
            );
        }
    }

    #[test]
    fn is_not_misled_by_comments_strings_and_longer_words() {
        let code = "/// See [crate::web].\n/* crate::web /* */ crate::web */\nconst A: &str = \"\\\" crate::web\";\n\
                    const B: &str = r#\"\" crate::web\"#;\nuse crate_web::my_crate;\n// crate::web";
        assert_eq!(findings("identity/store.rs", code), Vec::<String>::new());
    }

    #[test]
    fn finds_the_crate_taken_whole_and_modules_nobody_listed() {
        assert!(only_finding("web/page.rs", "use crate::*;").contains("takes in the whole crate"));
        assert!(only_finding("web/page.rs", "use crate::Page;").contains("not a module listed"));
        assert!(only_finding("attic/page.rs", "").contains("`attic` is not listed"));
    }

    #[test]
    fn follows_an_exported_macro_to_the_module_it_comes_from() {
        let text = |code: &str| format!("//! What it is.\n{code}");
        let user = |path: &str| Source { path: path.to_string(), text: text("use crate::sql;") };
        let home = "/// Why.\n#[macro_export]\nmacro_rules! sql { () => {} }";
        let files = [
            Source { path: "storage/statement.rs".to_string(), text: text(home) },
            user("identity/store.rs"),
            user("base/time.rs"),
        ];
        let found = check(LIB, &files);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("src/base/time.rs:2: `base` uses `storage`"), "{found:#?}");
    }

    #[test]
    fn keeps_surfaces_apart_and_the_hall_removable() {
        assert!(
            only_finding("web/page.rs", "use crate::oidc::x;").contains("surface `web` uses surface `oidc`")
        );
        assert!(only_finding("oidc/token.rs", "use crate::hall::visit;").contains("must be removable"));
        assert_eq!(findings("web/hall.rs", "use crate::hall::visit;"), Vec::<String>::new());
    }

    #[test]
    fn tells_a_climb_out_of_the_room_from_a_child_of_the_same_name() {
        assert!(only_finding("identity/mod.rs", "use super::oidc::x;").contains("`identity` uses `oidc`"));
        assert_eq!(findings("web/mod.rs", "use super::oidc::x;"), Vec::<String>::new());
    }

    #[test]
    fn keeps_the_ground_pure_and_sql_in_storage() {
        assert!(only_finding("base/time.rs", "use tokio::time;").contains("`base` is pure"));
        assert!(
            only_finding("identity/store.rs", "fn f(e: sqlx::Error) {}").contains("sqlx outside storage")
        );
        assert_eq!(findings("storage/db.rs", "use sqlx::Row;"), Vec::<String>::new());
    }

    #[test]
    fn finds_drawers_long_files_and_files_without_a_sentence() {
        assert!(only_finding("web/utils.rs", "").contains("`utils` is a drawer"));
        assert!(only_finding("web/helpers/mod.rs", "").contains("`helpers` is a drawer"));
        assert!(only_finding("web/page.rs", &"\n".repeat(LONGEST)).contains("longer than 500 lines"));
        let bare = [Source { path: "web/page.rs".to_string(), text: "fn f() {}".to_string() }];
        assert!(check(LIB, &bare)[0].contains("begin the file with one `//! ` sentence"));
    }
}

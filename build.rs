//! Tells cargo what else the build reads: `sqlx::migrate!` and the templates' compiler do not.

fn main() {
    for folder in ["migrations", "templates", "src/web/assets"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}

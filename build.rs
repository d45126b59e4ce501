//! Tells cargo what else the build reads: the templates' compiler does not.

fn main() {
    for folder in ["templates", "src/web/assets"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}

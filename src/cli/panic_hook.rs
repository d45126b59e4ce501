//! A panic is logged by its place, and by what it says only where that is a text of the source: a formatted one may
//! quote what people typed.

pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let said = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or_default();
        tracing::error!(place, said, "panic");
    }));
}

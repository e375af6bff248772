//! Failures of the disk on purpose, for tests: a countdown in each thread, to the change that fails.

use std::cell::Cell;
use std::io;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Never,
    /// The n-th change, later ones work: a full disk, a refused rename.
    Once(u32),
    /// The n-th change and all later ones: the process was killed there.
    From(u32),
}

thread_local! {
    static PLAN: Cell<Plan> = const { Cell::new(Plan::Never) };
    static FIRED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Runs `work` under `plan` and names the step that failed, if it was reached.
pub fn with<T>(plan: Plan, work: impl FnOnce() -> T) -> (T, Option<&'static str>) {
    PLAN.set(plan);
    FIRED.set(None);
    let result = work();
    PLAN.set(Plan::Never);
    (result, FIRED.get())
}

pub(crate) fn fault(step: &'static str) -> io::Result<()> {
    let (next, fails) = match PLAN.get() {
        Plan::Never => (Plan::Never, false),
        Plan::Once(0) => (Plan::Never, true),
        Plan::Once(n) => (Plan::Once(n - 1), false),
        Plan::From(0) => (Plan::From(0), true),
        Plan::From(n) => (Plan::From(n - 1), false),
    };
    PLAN.set(next);
    if fails {
        FIRED.set(FIRED.get().or(Some(step)));
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

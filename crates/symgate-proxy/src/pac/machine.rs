//! The engine with one script in it, on its thread.

use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Error, Function, Runtime, Type, Value};

use super::bindings;
use super::engine::{Found, PacLimits, PacNote, When};
use super::error::{PacError, harmless};
use super::resolver::Resolver;
use super::result::PacResult;
use super::state::State;
use super::watch::Watch;

/// A script that ran once and can be called.
pub(super) struct Machine {
    context: Context,
    state: Rc<State>,
    limits: PacLimits,
}

impl Machine {
    /// Starts an engine, gives it the functions of scripts, and runs the script's top level.
    pub(super) fn new(
        script: &str,
        resolver: Arc<dyn Resolver>,
        when: When,
        limits: PacLimits,
        watch: &Arc<Watch>,
    ) -> Result<Self, PacError> {
        let runtime = Runtime::new().map_err(|_| PacError::Engine)?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let state = Rc::new(State::new(resolver, Arc::clone(watch), when));
        let seen = Rc::clone(&state);
        runtime.set_interrupt_handler(Some(Box::new(move || seen.is_over())));
        let context = Context::custom::<Intrinsics>(&runtime).map_err(|_| PacError::Engine)?;
        let machine = Self { context, state, limits };
        machine.state.begin(Arc::clone(watch), when);
        let outcome = machine.context.with(|ctx| machine.load(&ctx, script));
        match outcome {
            Ok(()) => Ok(machine),
            Err(error) => {
                if let PacError::Memory(_) = error {
                    // As in the thread's loop.
                    mem::forget(machine);
                }
                Err(error)
            }
        }
    }

    /// Calls the function.
    pub(super) fn find(&self, url: &str, host: &str, when: When, watch: &Arc<Watch>) -> Result<Found, PacError> {
        self.state.begin(Arc::clone(watch), when);
        self.context.with(|ctx| {
            let function = self.function(&ctx)?;
            let answer = function.call::<_, Value<'_>>((url, host)).catch(&ctx);
            let answer = answer.map_err(|error| self.failure(&error))?;
            // A promise takes the end of the script that makes it for its own failure, and the script goes on.
            if self.state.was_over() {
                return Err(self.limits.timeout(watch));
            }
            let mut notes = self.state.notes();
            let text = if answer.is_null() || answer.is_undefined() {
                notes.push(PacNote::NothingReturned);
                String::new()
            } else {
                self.text(&ctx, &answer)?
            };
            Ok(Found {
                result: PacResult::parse(&text),
                notes,
            })
        })
    }

    fn load(&self, ctx: &Ctx<'_>, script: &str) -> Result<(), PacError> {
        bindings::install(ctx, &self.state).map_err(|_| PacError::Engine)?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        // The engine compiles before it runs anything, so a syntax error of the script itself has
        // no frame of a call below it.
        ctx.eval_with_options::<Value<'_>, _>(script, options)
            .catch(ctx)
            .map_err(|error| self.top_level_failure(&error))?;
        self.function(ctx).map(drop)
    }

    fn function<'js>(&self, ctx: &Ctx<'js>) -> Result<Function<'js>, PacError> {
        for name in ["FindProxyForURLEx", "FindProxyForURL"] {
            let value = ctx.globals().get::<_, Value<'js>>(name).catch(ctx);
            let value = value.map_err(|error| self.failure(&error))?;
            if let Some(function) = value.into_function() {
                return Ok(function);
            }
        }
        Err(PacError::NoFunction)
    }

    /// The returned value as text; numbers and objects are not turned into it.
    fn text(&self, ctx: &Ctx<'_>, answer: &Value<'_>) -> Result<String, PacError> {
        let Some(text) = answer.as_string() else {
            return Err(PacError::Type(kind(answer)));
        };
        let text = text.to_string().catch(ctx).map_err(|error| self.failure(&error))?;
        if text.len() > self.limits.result {
            return Err(PacError::ResultTooLong(self.limits.result));
        }
        Ok(text)
    }

    fn top_level_failure(&self, error: &CaughtError<'_>) -> PacError {
        match (self.failure(error), error) {
            (PacError::Exception { line, text }, CaughtError::Exception(exception)) => {
                let name = exception.as_object().get::<_, String>("name").unwrap_or_default();
                let line = line.unwrap_or(1);
                if name == "SyntaxError" {
                    return PacError::Syntax { line, text };
                }
                PacError::Exception { line: Some(line), text }
            }
            (failure, _) => failure,
        }
    }

    /// What an exception means: the time, the memory, or the script's own word.
    fn failure(&self, error: &CaughtError<'_>) -> PacError {
        if self.state.was_over() {
            return self.limits.timeout(&self.state.watch());
        }
        let (text, stack) = match error {
            CaughtError::Error(Error::Allocation) => return PacError::Memory(self.limits.memory),
            CaughtError::Error(error) => (error.to_string(), String::new()),
            CaughtError::Exception(exception) => {
                let text = exception.message().unwrap_or_default();
                if text == "out of memory" {
                    return PacError::Memory(self.limits.memory);
                }
                (text, exception.stack().unwrap_or_default())
            }
            // Without memory for an exception there is none. (`throw null` looks the same.)
            CaughtError::Value(value) if matches!(value.type_of(), Type::Null | Type::Uninitialized) => {
                return PacError::Memory(self.limits.memory);
            }
            // `throw "text"`; an object is not asked for its text, because it would run.
            CaughtError::Value(value) => {
                let text = value.as_string().and_then(|text| text.to_string().ok());
                (
                    text.unwrap_or_else(|| format!("a value of type `{}`", kind(value))),
                    String::new(),
                )
            }
        };
        PacError::Exception {
            line: line(&stack),
            text: harmless(&text),
        }
    }
}

/// The type of a value, as scripts call it; the engine has two kinds of numbers.
fn kind(value: &Value<'_>) -> &'static str {
    match value.type_name() {
        "int" | "float" => "number",
        "bool" => "boolean",
        name => name,
    }
}

/// The line of the script in the first frame of a stack that is in it: `    at name (script:3:14)`.
fn line(stack: &str) -> Option<u32> {
    stack.lines().find_map(|frame| {
        let (_, place) = frame.rsplit_once(PLACE)?;
        let digits = place.find(|c: char| !c.is_ascii_digit()).unwrap_or(place.len());
        place.get(..digits)?.parse().ok()
    })
}

const FILE: &str = "script";
const PLACE: &str = "script:";

/// What scripts find in the language. No typed arrays, no modules: little is left to attack.
///
/// Promises are there because `async` and `import()` are words of the language, whatever else is there: without the
/// object behind them the engine loses count of its own, and its end would end the process. What waits for a promise
/// never runs.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::Promise,
);

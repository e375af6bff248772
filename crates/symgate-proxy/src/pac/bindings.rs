//! The functions of scripts, as the engine calls them.
//!
//! An argument that is missing, `undefined` or `null` makes an answer "no", where browsers throw for
//! some functions and compare with the text `undefined` in others.

use std::rc::Rc;

use rquickjs::convert::Coerced;
use rquickjs::function::Rest;
use rquickjs::{Ctx, Exception, Function, IntoJs, Null, Result, Value};

use super::calendar;
use super::names::{self, Glob};
use super::state::State;

/// Puts the functions into the engine's global object.
pub(super) fn install<'js>(ctx: &Ctx<'js>, state: &Rc<State>) -> Result<()> {
    for &(name, body) in FUNCTIONS {
        let state = Rc::clone(state);
        let function = Function::new(ctx.clone(), move |ctx: Ctx<'js>, args: Rest<Value<'js>>| {
            let args = texts(&ctx, args.0)?;
            let answer = body(&Call {
                ctx: &ctx,
                state: &state,
                args,
            });
            // Not "no such name": a script would take that for an answer.
            if state.was_over_asked() {
                return Err(Exception::throw_message(&ctx, "too many names to look up"));
            }
            match answer {
                Answer::Flag(flag) => flag.into_js(&ctx),
                Answer::Nothing => Null.into_js(&ctx),
                Answer::Number(number) => number.into_js(&ctx),
                Answer::Text(text) => text.into_js(&ctx),
                Answer::Undefined => Ok(Value::new_undefined(ctx)),
                Answer::Throw(text) => Err(Exception::throw_message(&ctx, text)),
                Answer::Expression(expression, text) => {
                    let make: Function<'js> = ctx.eval("(e, t) => new RegExp(e).test(t)")?;
                    make.call((expression, text))
                }
            }
        })?;
        function.set_name(name)?;
        ctx.globals().set(name, function)?;
    }
    Ok(())
}

/// One call of a function.
struct Call<'c, 'js> {
    ctx: &'c Ctx<'js>,
    state: &'c State,
    /// `None` where a script gave `undefined` or `null`.
    args: Vec<Option<String>>,
}

impl Call<'_, '_> {
    fn arg(&self, index: usize) -> Option<&str> {
        self.args.get(index)?.as_deref()
    }

    fn two(&self) -> Option<(&str, &str)> {
        Some((self.arg(0)?, self.arg(1)?))
    }

    fn words(&self) -> Vec<String> {
        self.args.iter().map(|arg| arg.clone().unwrap_or_default()).collect()
    }

    fn moment(&self) -> calendar::Moment {
        self.state.moment(|milliseconds| {
            let offset = self
                .ctx
                .eval::<f64, _>(format!("new Date({milliseconds}).getTimezoneOffset()"));
            offset.unwrap_or(0.0)
        })
    }

    fn has_two(&self, test: fn(&str, &str) -> bool) -> Answer {
        Answer::Flag(self.two().is_some_and(|(first, second)| test(first, second)))
    }
}

/// What goes back to the script.
enum Answer {
    Expression(String, String),
    Flag(bool),
    /// `null`.
    Nothing,
    Number(i32),
    Text(String),
    Throw(&'static str),
    Undefined,
}

type Body = fn(&Call<'_, '_>) -> Answer;

/// Failures are told as Chromium tells them: `dnsResolve` null, `myIpAddress` loopback, the ones
/// that end in `Ex` an empty text, `sortIpAddressList` false.
const FUNCTIONS: &[(&str, Body)] = &[
    ("isPlainHostName", |call| {
        Answer::Flag(call.arg(0).is_some_and(names::is_plain_host_name))
    }),
    ("dnsDomainIs", |call| call.has_two(names::dns_domain_is)),
    ("localHostOrDomainIs", |call| {
        call.has_two(names::local_host_or_domain_is)
    }),
    ("dnsDomainLevels", |call| {
        Answer::Number(call.arg(0).map_or(0, names::dns_domain_levels))
    }),
    ("convert_addr", |call| {
        Answer::Number(call.arg(0).map_or(0, names::convert_addr))
    }),
    ("isResolvable", |call| {
        let found = call.arg(0).map(|host| call.state.addresses(host));
        Answer::Flag(found.is_some_and(|found| names::first_ipv4(&found).is_some()))
    }),
    ("dnsResolve", |call| {
        let found = call.arg(0).map(|host| call.state.addresses(host));
        match found.and_then(|found| names::first_ipv4(&found)) {
            Some(address) => Answer::Text(address.to_string()),
            None => Answer::Nothing,
        }
    }),
    ("isInNet", |call| Answer::Flag(is_in_net(call).unwrap_or(false))),
    ("myIpAddress", |call| {
        let mine = names::first_ipv4(&call.state.mine());
        Answer::Text(mine.map_or_else(|| "127.0.0.1".to_owned(), |address| address.to_string()))
    }),
    ("shExpMatch", |call| match call.two() {
        None => Answer::Flag(false),
        Some((text, pattern)) => match names::sh_exp_match(text, pattern) {
            Glob::Plain(flag) => Answer::Flag(flag),
            Glob::Expression(expression) => Answer::Expression(expression, text.to_owned()),
        },
    }),
    ("weekdayRange", |call| {
        Answer::Flag(calendar::weekday_range(&call.words(), call.moment()))
    }),
    ("dateRange", |call| {
        Answer::Flag(calendar::date_range(&call.words(), call.moment()))
    }),
    ("timeRange", |call| {
        match calendar::time_range(&call.words(), call.moment()) {
            Ok(flag) => Answer::Flag(flag),
            Err(text) => Answer::Throw(text),
        }
    }),
    ("alert", |call| {
        call.state.alert(call.arg(0).unwrap_or("undefined"));
        Answer::Undefined
    }),
    ("isResolvableEx", |call| {
        let found = call.arg(0).map(|host| call.state.addresses(host));
        Answer::Flag(found.is_some_and(|found| !found.is_empty()))
    }),
    ("dnsResolveEx", |call| {
        let found = call.arg(0).map(|host| call.state.addresses(host));
        Answer::Text(names::join(&found.unwrap_or_default()))
    }),
    ("isInNetEx", |call| call.has_two(names::is_in_net_ex)),
    ("myIpAddressEx", |call| Answer::Text(names::join(&call.state.mine()))),
    ("sortIpAddressList", |call| {
        match call.arg(0).and_then(names::sort_ip_address_list) {
            Some(sorted) => Answer::Text(sorted),
            None => Answer::Flag(false),
        }
    }),
    ("getClientVersion", |_| Answer::Text("1.0".to_owned())),
];

/// A name is looked up, an address is not; pattern and mask must be well-formed before either.
fn is_in_net(call: &Call<'_, '_>) -> Option<bool> {
    let pattern = names::dotted(call.arg(1)?)?;
    let mask = names::dotted(call.arg(2)?)?;
    let host = call.arg(0)?;
    let address = match names::dotted(host) {
        Some(address) => address,
        None => names::first_ipv4(&call.state.addresses(host))?,
    };
    Some(names::in_net(address, pattern, mask))
}

/// The arguments as text, a few short ones: matching a pattern takes the product of two lengths, and
/// nothing interrupts it.
fn texts<'js>(ctx: &Ctx<'js>, args: Vec<Value<'js>>) -> Result<Vec<Option<String>>> {
    let mut texts = Vec::new();
    for arg in args.into_iter().take(MOST_ARGUMENTS) {
        texts.push(if arg.is_undefined() || arg.is_null() {
            None
        } else {
            let Coerced(text) = arg.get::<Coerced<String>>()?;
            if text.len() > LONGEST_ARGUMENT {
                return Err(Exception::throw_range(ctx, "argument too long"));
            }
            Some(text)
        });
    }
    Ok(texts)
}

const MOST_ARGUMENTS: usize = 8;
const LONGEST_ARGUMENT: usize = 16 << 10;

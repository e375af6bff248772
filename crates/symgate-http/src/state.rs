//! The life of a connection as two coupled tables.
//!
//! HTTP/1.1 takes turns: the client's side sends a request, the server's side an answer. Each side walks
//!
//! ```text
//! AwaitHead ──head──▶ AwaitBody ──end──▶ Done
//!     ▲                                    │ both sides done
//!     ├────────── neither said close ◀─────┤
//!     │                                    ├──▶ MustClose   one side said close (RFC 9112 §9.6)
//!     │                                    └──▶ Switched    2xx to CONNECT: the bytes are not ours any more
//! ```
//!
//! and what couples them is in [`settle`]. Nothing here knows a role or a byte.
#![warn(clippy::wildcard_enum_match_arm)]

/// What is awaited from one side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// The head of its message.
    AwaitHead,
    /// The rest of its body.
    AwaitBody,
    /// Nothing until the other side is done too.
    Done,
    /// The end of the connection.
    MustClose,
    /// Bytes of another protocol.
    Switched,
}

/// What a side just did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Did {
    /// Sent the final head of its message.
    Head,
    /// Sent the last byte of its message.
    End,
}

/// What holds of the exchange as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// Another exchange may follow.
    Keep,
    /// A side said that the connection ends with this exchange.
    Close,
    /// The server agreed to a tunnel.
    Switch,
}

/// The next state of the side that did something; `None` where it was not its turn for that.
pub(crate) const fn advance(state: State, did: Did) -> Option<State> {
    match (state, did) {
        (State::AwaitHead, Did::Head) => Some(State::AwaitBody),
        (State::AwaitBody, Did::End) => Some(State::Done),
        (State::AwaitHead, Did::End)
        | (State::AwaitBody, Did::Head)
        | (State::Done | State::MustClose | State::Switched, Did::Head | Did::End) => None,
    }
}

/// Both sides after one moved: when both are done, the exchange's fate decides what becomes of the connection.
pub(crate) const fn settle(client: State, server: State, fate: Fate) -> (State, State) {
    match (client, server, fate) {
        (State::Done, State::Done, Fate::Close) => (State::MustClose, State::MustClose),
        (State::Done, State::Done, Fate::Switch) => (State::Switched, State::Switched),
        _ => (client, server),
    }
}

/// Whether another exchange may begin now.
pub(crate) const fn may_recycle(client: State, server: State, fate: Fate) -> bool {
    matches!((client, server, fate), (State::Done, State::Done, Fate::Keep))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 5] = [
        State::AwaitHead,
        State::AwaitBody,
        State::Done,
        State::MustClose,
        State::Switched,
    ];

    #[test]
    fn a_side_sends_one_head_and_one_end() {
        for state in ALL {
            for did in [Did::Head, Did::End] {
                let expected = match (state, did) {
                    (State::AwaitHead, Did::Head) => Some(State::AwaitBody),
                    (State::AwaitBody, Did::End) => Some(State::Done),
                    _ => None,
                };
                assert_eq!(advance(state, did), expected, "{state:?} {did:?}");
            }
        }
    }

    #[test]
    fn only_two_finished_sides_change_together() {
        for client in ALL {
            for server in ALL {
                for fate in [Fate::Keep, Fate::Close, Fate::Switch] {
                    let done = client == State::Done && server == State::Done;
                    assert_eq!(may_recycle(client, server, fate), done && fate == Fate::Keep);
                    let settled = settle(client, server, fate);
                    let moved = settled != (client, server);
                    assert_eq!(moved, done && fate != Fate::Keep, "{client:?} {server:?} {fate:?}");
                }
            }
        }
    }
}

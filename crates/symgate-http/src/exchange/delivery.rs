//! A final answer's body on its way from the wire to the caller, its content coding undone
//! ([RFC 9110 §8.4](https://www.rfc-editor.org/rfc/rfc9110#section-8.4)).

use std::collections::VecDeque;
use std::ops::Range;

use crate::body::coding::Coding;
use crate::connection::{Connection, Progress};
use crate::error::{LimitError, Misuse, PeerError, WireError};
use crate::head::ResponseHead;
use crate::limits::Limits;

/// A body on its way to the caller.
#[derive(Debug)]
pub(super) struct Delivery {
    head: ResponseHead,
    coding: Coding,
    /// Coded bytes that were taken off the wire and not decoded yet.
    coded: VecDeque<u8>,
    /// Bytes that were handed on, or skipped.
    delivered: u64,
    /// Whether the decoder was given anything.
    begun: bool,
    ended: bool,
}

/// What a step came to.
#[derive(Debug)]
pub(super) enum Found {
    Body(Piece),
    End,
    /// More bytes are needed.
    Wait,
}

/// Where a piece of body lies.
#[derive(Debug)]
pub(crate) enum Piece {
    /// In the decoder's buffer.
    Decoded,
    /// In the wire's buffer.
    Wire(Range<usize>),
}

impl Delivery {
    /// Begins behind this head.
    ///
    /// The body of an error answer is for people: one that cannot be read is left out, and the status still tells.
    pub(super) fn new(head: ResponseHead) -> Result<Self, PeerError> {
        let coding = match Coding::of(&head.fields) {
            Ok(coding) => coding,
            Err(_) if !head.is_success() => Coding::Unreadable,
            Err(error) => return Err(error),
        };
        Ok(Self {
            head,
            coding,
            coded: VecDeque::new(),
            delivered: 0,
            begun: false,
            ended: false,
        })
    }

    pub(super) const fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The bytes of [`Piece::Decoded`].
    pub(super) fn decoded(&self) -> &[u8] {
        match &self.coding {
            Coding::Gzip(decoder) => decoder.get_ref(),
            Coding::Identity | Coding::Unreadable => &[],
        }
    }

    /// Goes on to the next piece, the end, or the need for more bytes.
    pub(super) fn step(&mut self, wire: &mut Connection, limits: &Limits) -> Result<Found, WireError> {
        loop {
            if self.decode_slice()? {
                if self.count_decoded(limits)? {
                    return Ok(Found::Body(Piece::Decoded));
                }
                continue;
            }
            if self.ended {
                return Ok(Found::End);
            }
            let range = match wire.step()? {
                Progress::Wait => return Ok(Found::Wait),
                Progress::Body(range) => range,
                Progress::End(_) => {
                    self.ended = true;
                    if self.finish_decoder()? && self.count_decoded(limits)? {
                        return Ok(Found::Body(Piece::Decoded));
                    }
                    continue;
                }
                Progress::Informational(_) | Progress::Request(_) | Progress::Response(_) => {
                    return Err(Misuse::OutOfTurn.into());
                }
            };
            match &self.coding {
                Coding::Identity => {
                    self.count(range.len(), limits.body)?;
                    return Ok(Found::Body(Piece::Wire(range)));
                }
                Coding::Gzip(_) => self.coded.extend(wire.bytes(range)),
                // Past what a kept connection is worth, the connection is given up instead.
                Coding::Unreadable => self.ended = self.count(range.len(), limits.drain).is_err(),
            }
        }
    }

    /// Decodes some of the coded bytes, if there are any.
    fn decode_slice(&mut self) -> Result<bool, PeerError> {
        let Coding::Gzip(decoder) = &mut self.coding else {
            return Ok(false);
        };
        let (slice, _) = self.coded.as_slices();
        if slice.is_empty() {
            return Ok(false);
        }
        self.begun = true;
        let taken = Coding::decode(decoder, slice)?;
        self.coded.drain(..taken);
        Ok(true)
    }

    /// Checks that the coded stream is whole; what it still held is in the decoder's buffer. An empty body is whole: a
    /// coding that was announced for it had nothing to code.
    fn finish_decoder(&mut self) -> Result<bool, PeerError> {
        match &mut self.coding {
            Coding::Gzip(decoder) if self.begun => Coding::finish(decoder).map(|()| true),
            Coding::Gzip(_) | Coding::Identity | Coding::Unreadable => Ok(false),
        }
    }

    /// Whether the decoder's buffer holds anything to hand on.
    fn count_decoded(&mut self, limits: &Limits) -> Result<bool, LimitError> {
        let fresh = self.decoded().len();
        self.count(fresh, limits.body)?;
        Ok(fresh > 0)
    }

    fn count(&mut self, fresh: usize, limit: u64) -> Result<(), LimitError> {
        self.delivered = self.delivered.saturating_add(u64::try_from(fresh).unwrap_or(u64::MAX));
        if self.delivered > limit {
            Err(LimitError::Body(limit))
        } else {
            Ok(())
        }
    }
}

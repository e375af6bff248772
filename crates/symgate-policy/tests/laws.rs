//! The laws, over what proptest makes up.

#[path = "laws/mod.rs"]
mod laws;

use proptest::collection::vec;
use proptest::prelude::{any, proptest};

proptest! {
    #[test]
    fn decide_is_total_and_pure(bytes in vec(any::<u8>(), 0..40)) {
        laws::decide_is_total_and_pure(&bytes);
    }

    #[test]
    fn a_refuse_rule_never_allows_more(bytes in vec(any::<u8>(), 0..60)) {
        laws::a_refuse_rule_never_allows_more(&bytes);
    }

    #[test]
    fn a_session_follows_the_naive_model(bytes in vec(any::<u8>(), 0..400)) {
        laws::a_session_follows_the_naive_model(&bytes);
    }

    #[test]
    fn nothing_prints_a_secret(bytes in vec(any::<u8>(), 0..24)) {
        laws::nothing_prints_a_secret(&bytes);
    }
}

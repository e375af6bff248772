//! Says which bytes to send next and what received bytes mean, for one HTTP fetch through any route.

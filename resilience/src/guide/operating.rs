//! Operating: what are the policies doing, and how do I change one while calls run?
//!
//! Reference: [`operator`](crate::operator), [`admin`](crate::admin), [`settings`](crate::settings).
//!
//! # What it does
//!
//! Every policy of the process is listed, with a number, for as long as something of it lives. You look
//! at it, tell it something, or replace its settings; what it knows, it keeps.
//!
//! ```text
//!   who                     by what                         what
//!   ----------------------  ------------------------------  ----------------------------------
//!   code                    handle of a policy or a stack   all of it, also functions
//!   a program, a person     admin: POST /policies/{id}      one command: force_open, set_limit
//!                           admin: PUT  .. /settings        all settings of one policy
//!   a file that is followed StackHandle::update             all settings of a stack
//! ```
//!
//! # When, and when not
//!
//! Give a command in an incident: it says one thing, and it cannot undo what somebody else has changed.
//! Replace the settings where you know all of them, such as from a file or a form. Change the
//! file or the code too, because a process that starts again goes by those.
//!
//! Leave the routes out of a process whose port for operators others can reach, unless that is what
//! you want: they ask for a token and nothing else.
//!
//! # Replacing settings
//!
//! Look, change the table, and send it back with the tag of what you have seen:
//!
//! ```console
//! $ curl -i -H "authorization: Bearer $TOKEN" http://127.0.0.1:9902/policies/7/settings
//! etag: "1b6453892473a467"
//! {"id":7,"policy":"users-api","kind":"timeout","settings":{"limit":"250ms"},"not_shown":[..]}
//! $ curl -X PUT -H "authorization: Bearer $TOKEN" -H 'x-resilience-command: 1' \
//!     -H 'if-match: "1b6453892473a467"' -d '{"limit":"300ms"}' \
//!     http://127.0.0.1:9902/policies/7/settings
//! {"command":"replace_settings","policy":{..},"settings":{..},"tag":"\"73aa2c7f21c0be58\""}
//! ```
//!
//! The answer tells what is in force from here on, and its tag, for the next change.
//!
//! In code a handle does the same, and the types of [`settings`](crate::settings) read the table:
//!
//! ```
//! # #[cfg(feature = "settings")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use resilience::{Name, circuit_breaker::{CircuitBreakerHandle, Config, State}};
//! use resilience::settings::CircuitBreakerSettings;
//!
//! let breaker = CircuitBreakerHandle::standalone(Name::from_static("users"), Config::default());
//! breaker.force_open();
//!
//! let settings: CircuitBreakerSettings = toml::from_str("failure_rate = 0.3\nopen_for = '2s'")?;
//! breaker.update(settings.build()?);
//! assert_eq!(breaker.snapshot().state, State::ForcedOpen, "it keeps what it knows");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "settings"))]
//! # fn main() {}
//! ```
//!
//! # Sharing
//!
//! A change holds for all services that share the policy, of a limit of time for all layers of its
//! name. No call waits for it: one that runs keeps what it began with, such as its number of attempts.
//!
//! # Errors
//!
//! Settings are checked as a whole. With one mistake nothing changes, and all mistakes are told, each
//! with the way to the setting, what was given and what was expected.
//!
//! # Anti-patterns
//!
//! ## A table of one line
//!
//! `PUT` replaces: what is left out goes back to its default, and not to what it was. Send the
//! table that you have read, or give a command.
//!
//! ## Without a tag
//!
//! Two people who mend the same incident undo each other. With `If-Match` the second one is told.
//!
//! ## A number that only one process has
//!
//! What is changed by hand is gone with the process, and others of the same service never had
//! it. Write it down where the next one reads it.

//! Decides who can sign in to Torq through Okta, with what role, and reports what locks people out.

//! The command line: commands, options and help texts. Values are read elsewhere.
//!
//! `examples/assets.rs` generates the man pages and the completions from this module.

use clap::{Arg, ArgAction, Command, ValueHint};

const EXAMPLES: &str = "\
Examples:
  django-session < cookie.txt                   what is in it (not verified)
  SECRET_KEY=… django-session < cookie.txt      who it is, or why it is rejected
  pbpaste | django-session --key-file key.txt   a whole header, row or curl line
Keys and tokens are never arguments: other users can read a command line.";

const EXIT_CODES: &str = "\
Exit codes:
  0   verified and not expired; a user may still be logged out, which depends on the column password too
  1   rejected; the reason and its likely cause are shown
  2   verified, but expired; the contents are shown
  3   not verified, because no key was given; the contents are shown
  64  wrong usage
  66  no input, or it cannot be read, or it lacks the cookie of --name

Input:
  A token, or a text that contains one: a Cookie or Set-Cookie header, the
  output of curl -v, a curl command, a line of a cookie jar, or a row of the
  table django_session. With --kind cached, the bytes of a cache entry.

Keys:
  Unless an option provides keys, SECRET_KEY and SECRET_KEY_FALLBACKS (a JSON
  list) are read from the environment. The first key signs; fallbacks never
  sign. A key file has 64 keys at most.";

/// Returns the whole command line.
pub(crate) fn command() -> Command {
    Command::new("django-session")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Shows what is in a Django session cookie, whose it is, and why it is rejected")
        .args_conflicts_with_subcommands(true)
        .help_template(
            "{about}\n\n{usage-heading} {usage}\n\nCommands:\n{subcommands}\n\nOptions:\n{options}{after-help}",
        )
        .override_usage("django-session [COMMAND] [OPTIONS] [FILE]")
        .after_help(EXAMPLES)
        .after_long_help(format!("{EXAMPLES}\n\n{EXIT_CODES}"))
        .disable_help_subcommand(true)
        .args(inspect().into_iter().map(|arg| match arg.get_id().as_str() {
            "key-file" | "json" => arg,
            _ => arg.hide_short_help(true),
        }))
        .subcommand(
            sub("inspect", "Shows contents, owner, age and size (the default)").args(inspect()).after_help(EXIT_CODES),
        )
        .subcommand(sub("sign", "Signs a JSON object from standard input").args(sign()))
        .subcommand(sub("edit", "Changes keys and signs again; other keys stay as they are").args(edit()))
        .subcommand(sub("size", "Shows the bytes of each key, and how many are left").args(size()))
        .subcommand(sub("keys", "Checks the keys, and which of them signed a token").args(keys_command()))
        .subcommand(csrf())
        .subcommand(sub("page", "Prints an HTML page that does this in a browser, offline"))
}

fn sub(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about)
}

fn inspect() -> Vec<Arg> {
    [vec![file()], what(), vec![max_age()], keys(), vec![json(), show_secrets(), time()]].concat()
}

fn sign() -> Vec<Arg> {
    let compress = Arg::new("compress")
        .long("compress")
        .action(ArgAction::SetTrue)
        .help("Compresses an object if that is shorter; sessions are always compressed so, as in Django");
    [vec![file()], what(), vec![compress], keys(), vec![time()]].concat()
}

fn edit() -> Vec<Arg> {
    let set = Arg::new("set").short('s').long("set").value_name("KEY=JSON").action(ArgAction::Append);
    let delete = Arg::new("delete").short('d').long("delete").value_name("KEY").action(ArgAction::Append);
    let changes = vec![set.help("Sets a key to a JSON value"), delete.help("Deletes a key")];
    [vec![file()], changes, what(), keys(), vec![time()]].concat()
}

fn size() -> Vec<Arg> {
    [vec![file()], what(), keys(), vec![json()]].concat()
}

fn keys_command() -> Vec<Arg> {
    let file = file().help("Says which key signed the token in this file; - is standard input");
    [vec![file], what(), keys(), vec![json()]].concat()
}

fn csrf() -> Command {
    sub("csrf", "Masks or unmasks a CSRF secret from standard input")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(sub("mask", "Creates a form's token from a cookie's secret").arg(file()))
        .subcommand(sub("unmask", "Extracts the cookie's secret from a form's token").arg(file()))
}

fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(std::ffi::OsString))
        .help("Reads this file instead of standard input")
}

fn what() -> Vec<Arg> {
    vec![
        Arg::new("kind")
            .long("kind")
            .value_name("KIND")
            .value_parser(["session", "stored", "legacy", "cached", "messages", "cookie", "object"])
            .hide_possible_values(true)
            .help("session, stored, legacy, cached, messages, cookie or object")
            .long_help(
                "The kind of the input, if it is not recognized:\n\
                 session   a signed-cookie session\n\
                 stored    session_data of a row, or the text of a session file\n\
                 legacy    session_data as Django wrote it before 3.1\n\
                 cached    the bytes of a cache entry\n\
                 messages  the cookie of django.contrib.messages\n\
                 cookie    a cookie of set_signed_cookie, with --name and --salt\n\
                 object    a token of signing.dumps or a Signer, with --salt",
            ),
        Arg::new("name").long("name").value_name("NAME").help("Name of the cookie [default: sessionid]"),
        Arg::new("salt").long("salt").value_name("SALT").help("Salt of the session, cookie or object"),
    ]
}

fn max_age() -> Arg {
    Arg::new("max-age").long("max-age").value_name("TIME").help("Maximum age: 3600, 90m, 12h, 14d [default: 14d]")
}

fn keys() -> Vec<Arg> {
    vec![
        Arg::new("key-file")
            .long("key-file")
            .value_name("PATH")
            .value_hint(ValueHint::FilePath)
            .value_parser(clap::value_parser!(std::ffi::OsString))
            .action(ArgAction::Append)
            .help("Reads keys from a file, one a line; the first signs"),
        Arg::new("key-env")
            .long("key-env")
            .value_name("VARIABLE")
            .action(ArgAction::Append)
            .help("Reads a key from an environment variable"),
        Arg::new("ask").long("ask").action(ArgAction::SetTrue).help("Asks for a key on the terminal, without echo"),
    ]
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints one JSON object")
}

fn show_secrets() -> Arg {
    Arg::new("show-secrets").long("show-secrets").action(ArgAction::SetTrue).help("Shows secret values in full")
}

fn time() -> Arg {
    Arg::new("time")
        .long("time")
        .value_name("SECONDS")
        .allow_negative_numbers(true)
        .help("Uses this Unix time as the current time")
}

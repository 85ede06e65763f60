# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_django_session_global_optspecs
    string join \n kind= name= salt= max-age= key-file= key-env= ask json show-secrets time= h/help V/version
end

function __fish_django_session_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_django_session_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_django_session_using_subcommand
    set -l cmd (__fish_django_session_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c django-session -n "__fish_django_session_needs_command" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_needs_command" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_needs_command" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_needs_command" -l max-age -d 'Maximum age: 3600, 90m, 12h, 14d [default: 14d]' -r
complete -c django-session -n "__fish_django_session_needs_command" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_needs_command" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_needs_command" -l time -d 'Uses this Unix time as the current time' -r
complete -c django-session -n "__fish_django_session_needs_command" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_needs_command" -l json -d 'Prints one JSON object'
complete -c django-session -n "__fish_django_session_needs_command" -l show-secrets -d 'Shows secret values in full'
complete -c django-session -n "__fish_django_session_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_needs_command" -s V -l version -d 'Print version'
complete -c django-session -n "__fish_django_session_needs_command" -a "inspect" -d 'Shows contents, owner, age and size (the default)'
complete -c django-session -n "__fish_django_session_needs_command" -a "sign" -d 'Signs a JSON object from standard input'
complete -c django-session -n "__fish_django_session_needs_command" -a "edit" -d 'Changes keys and signs again; other keys stay as they are'
complete -c django-session -n "__fish_django_session_needs_command" -a "size" -d 'Shows the bytes of each key, and how many are left'
complete -c django-session -n "__fish_django_session_needs_command" -a "keys" -d 'Checks the keys, and which of them signed a token'
complete -c django-session -n "__fish_django_session_needs_command" -a "csrf" -d 'Masks or unmasks a CSRF secret from standard input'
complete -c django-session -n "__fish_django_session_needs_command" -a "page" -d 'Prints an HTML page that does this in a browser, offline'
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l max-age -d 'Maximum age: 3600, 90m, 12h, 14d [default: 14d]' -r
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l time -d 'Uses this Unix time as the current time' -r
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l json -d 'Prints one JSON object'
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -l show-secrets -d 'Shows secret values in full'
complete -c django-session -n "__fish_django_session_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l time -d 'Uses this Unix time as the current time' -r
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l compress -d 'Compresses an object if that is shorter; sessions are always compressed so, as in Django'
complete -c django-session -n "__fish_django_session_using_subcommand sign" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_using_subcommand edit" -s s -l set -d 'Sets a key to a JSON value' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -s d -l delete -d 'Deletes a key' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l time -d 'Uses this Unix time as the current time' -r
complete -c django-session -n "__fish_django_session_using_subcommand edit" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_using_subcommand edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_using_subcommand size" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_using_subcommand size" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_using_subcommand size" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_using_subcommand size" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_using_subcommand size" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_using_subcommand size" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_using_subcommand size" -l json -d 'Prints one JSON object'
complete -c django-session -n "__fish_django_session_using_subcommand size" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l kind -d 'session, stored, legacy, cached, messages, cookie or object' -r -f -a "session\t''
stored\t''
legacy\t''
cached\t''
messages\t''
cookie\t''
object\t''"
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l name -d 'Name of the cookie [default: sessionid]' -r
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l salt -d 'Salt of the session, cookie or object' -r
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l key-file -d 'Reads keys from a file, one a line; the first signs' -r -F
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l key-env -d 'Reads a key from an environment variable' -r
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l ask -d 'Asks for a key on the terminal, without echo'
complete -c django-session -n "__fish_django_session_using_subcommand keys" -l json -d 'Prints one JSON object'
complete -c django-session -n "__fish_django_session_using_subcommand keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c django-session -n "__fish_django_session_using_subcommand csrf; and not __fish_seen_subcommand_from mask unmask" -s h -l help -d 'Print help'
complete -c django-session -n "__fish_django_session_using_subcommand csrf; and not __fish_seen_subcommand_from mask unmask" -f -a "mask" -d 'Creates a form\'s token from a cookie\'s secret'
complete -c django-session -n "__fish_django_session_using_subcommand csrf; and not __fish_seen_subcommand_from mask unmask" -f -a "unmask" -d 'Extracts the cookie\'s secret from a form\'s token'
complete -c django-session -n "__fish_django_session_using_subcommand csrf; and __fish_seen_subcommand_from mask" -s h -l help -d 'Print help'
complete -c django-session -n "__fish_django_session_using_subcommand csrf; and __fish_seen_subcommand_from unmask" -s h -l help -d 'Print help'
complete -c django-session -n "__fish_django_session_using_subcommand page" -s h -l help -d 'Print help'

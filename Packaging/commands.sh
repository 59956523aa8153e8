#!/usr/bin/env bash
# Prints Documentation/reference/commands.md: every command's help text, as the program gives it. A test compares.
#   Packaging/commands.sh .build/release/smpo > Documentation/reference/commands.md
set -euo pipefail
smpo=${1:?the program}
cat << 'TEXT'
# Commands

Each command as it describes itself: `smpo help COMMAND`. This page is made by `make commands`; `make man` makes man pages of
the same texts. Exit codes are in [Verdicts and exit codes](verdicts.md).

```
TEXT
"$smpo" --help
echo '```'
# Each command by its words, a line each, in the order of the help; `help` itself is none.
"$smpo" --experimental-dump-help | jq -r '
    def commands($words): (.subcommands // [])[] | select(.shouldDisplay and .commandName != "help")
        | ($words + [.commandName]) as $all | ($all | join(" ")), commands($all);
    .command | commands([])' |
    while read -r words; do
        printf '\n## smpo %s\n\n```\n' "$words"
        # shellcheck disable=SC2086 # The words of a command are words.
        "$smpo" help $words < /dev/null
        echo '```'
    done

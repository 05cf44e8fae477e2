# S72: what a helpdesk makes of a hand-over is chosen among what it can, and
# refused in words where it cannot.
. "$(dirname "$0")/lib.sh"
ZD_TOKEN=loopback-only
export ZD_TOKEN
mkdir "$work/rules"
echo 'rule "a" { when = asks_for_human(), escalate = { reason = "x", next_step = "Reply." } }' >"$work/rules/a.lua"
# check ADAPTER SETTINGS: of helpdesk "h"
check() {
    cat >"$work/usher.conf.lua" <<EOF
policy "$work/rules"
groups { "support" }
helpdesk "h" { adapter = "$1", token = secret "ZD_TOKEN", $2 }
EOF
    got=0
    "$USHER" check -c "$work/usher.conf.lua" >"$work/out" 2>"$work/err" </dev/null || got=$?
}
fine() { # ADAPTER SETTINGS
    check "$1" "$2"
    [ "$got" = 0 ] || { cat "$work/err" >&2; fail "$1 { $2 }: exit $got"; }
}
refused() { # ADAPTER SETTINGS WORDS
    check "$1" "$2"
    [ "$got" = 3 ] || fail "$1 { $2 }: exit $got"
    has "usher.conf.lua:3: $3" err
}
zd='subdomain = "acme", email = "a@b.test"'
ic='admin_id = "991"'
fine zendesk "$zd"
fine zendesk "$zd, as = \"ticket\""
refused zendesk "$zd, as = \"conversation\"" 'helpdesk "h" cannot make a conversation: adapter "zendesk" makes tickets only'
refused zendesk "$zd, as = \"tickets\"" 'as of helpdesk "h" is "ticket" or "conversation"'
refused zendesk "$zd, as = true" 'as of helpdesk "h" is "ticket" or "conversation"'
fine intercom "$ic"
fine intercom "$ic, as = \"conversation\", ticket_type_id = 88"
fine intercom "$ic, as = \"ticket\", ticket_type_id = 88"
refused intercom "$ic, as = \"ticket\"" 'as = "ticket" of helpdesk "h" needs ticket_type_id'
refused intercom '' 'helpdesk "h" needs admin_id'
fine dixa 'email_integration = "s@email.dixa.test"'
fine dixa 'conversation_field = "talk"'
fine dixa 'widget_id = "w", as = "conversation"'
refused dixa '' 'helpdesk "h" needs widget_id or conversation_field or email_integration'
refused dixa 'widget_id = "w", as = "ticket"' 'as = "ticket" of helpdesk "h" needs email_integration'
refused dixa 'widget = "w"' 'helpdesk "h" has no setting widget'
refused desk 'as = "conversation"' 'helpdesk "h" has no setting token'
ok "S72 a helpdesk that cannot make what is chosen is refused, and what it needs is named"

# Runs a command; what it says is of interest only where it fails. Read in by the scripts that install.
quietly() {
    said=$(mktemp)
    if "$@" >"$said" 2>&1; then
        rm -f "$said"
    else
        status=$?
        cat "$said" >&2
        rm -f "$said"
        exit "$status"
    fi
}

# How the platform's databases are reached by MySQL's client or MariaDB's, which has other words for encryption. For bash:
#   . "$(dirname "$0")/mysql_client.sh"
#   mysql … ${encrypted[@]+"${encrypted[@]}"}
#
# Environment, empty or absent as well:
#   TLS_VERIFY                            full, ca or none; empty: as client and server agree
#   TLS_CA, TLS_CERTIFICATE, TLS_KEY      files; without TLS_CA the system's authorities are trusted
# Passwords are files in SECRETS_DIR (/openedx/secrets).
secrets=${SECRETS_DIR:-/openedx/secrets}
secret() { local value; value=$(<"$secrets/$1"); printf '%s' "$value"; }

# Quotes a value for an option file.
option() { local v=${1//\\/\\\\}; printf '"%s"' "${v//\"/\\\"}"; }

encryption() {
    [ -n "${TLS_VERIFY:-}" ] || return 0
    local ca=${TLS_CA:-} system
    for system in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
        if [ -z "$ca" ] && [ -e "$system" ]; then ca=$system; fi
    done
    case $(mysql --version):$TLS_VERIFY in
        *MariaDB*:none) printf '%s\n' --ssl --skip-ssl-verify-server-cert ;;
        *MariaDB*) printf '%s\n' --ssl "--ssl-ca=$ca" --ssl-verify-server-cert ;;
        *:full) printf '%s\n' --ssl-mode=VERIFY_IDENTITY "--ssl-ca=$ca" ;;
        *:ca) printf '%s\n' --ssl-mode=VERIFY_CA "--ssl-ca=$ca" ;;
        *) printf '%s\n' --ssl-mode=REQUIRED ;;
    esac
    if [ -n "${TLS_CERTIFICATE:-}" ]; then
        printf '%s\n' "--ssl-cert=$TLS_CERTIFICATE" "--ssl-key=$TLS_KEY"
    fi
}
mapfile -t encrypted < <(encryption)

#!/usr/bin/env bash
# Field installation: the program under /opt, users, directories, device rules and units. Run by `./run install`, as root.
#
#   install.sh [kiosk] [--bundle DIR]   a kiosk; DIR is what `kiosk office init` made for it
#   install.sh office                   the supervising office, beside Mosquitto
#
# May be run again at any time: settings that are there stay as they are. Nothing that simulates is installed.
set -euo pipefail
umask 022

source_root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
target=/opt/can-cuoc-kiosk

# Stand-ins for devices, for people and for the office have no place where citizens are enrolled. A test compares this
# list with what the real drivers import.
demo_only=(
    kiosk/demo
    drivers/{camera,card,fingerprint,panel,power,sound}/simulated.py
    drivers/camera/scenes.py
    drivers/card/{demo_authority,pcscd,soft_apdu,soft_chip,soft_crypto,soft_curves,soft_directory,soft_files,soft_id_card,soft_pace}.py
    drivers/card/{soft_mapping,soft_passport,soft_proofs,soft_secure_messaging,soft_security_infos,soft_situations}.py
    drivers/fingerprint/{glass,growth,library,minutiae,module,personalities}.py
    drivers/fingerprint/{sensor_looks,skeleton,synthetic,templates}.py
)

say() { printf '%s\n' "install: $*" >&2; }
die() { say "$*"; exit 1; }

role=kiosk
bundle=
while (($#)); do
    case $1 in
        kiosk | office) role=$1 ;;
        --bundle)
            bundle=$(readlink -f -- "${2:-}") || die "--bundle needs a folder"
            shift
            ;;
        *) die "unknown argument: $1 (known: kiosk, office, --bundle DIR)" ;;
    esac
    shift
done
((EUID == 0)) || die "must run as root"
[[ -z $bundle || $role == kiosk ]] || die "a bundle belongs on a kiosk, not at the office"
[[ -z $bundle || (-f $bundle/kiosk/bundle.json && -f $bundle/uplink/tls.key) ]] ||
    die "$bundle is not a kiosk's bundle: kiosk/bundle.json and uplink/tls.key are expected in it"

# from_bundle KEY: one value of the bundle, checked to be a plain word before it goes into a settings file.
from_bundle() {
    python3 - "$bundle/kiosk/bundle.json" "$1" <<'PYTHON' || die "$bundle/kiosk/bundle.json does not say its $1"
import json, re, sys
value = str(json.load(open(sys.argv[1], encoding="utf-8"))[sys.argv[2]])
sys.exit(not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", value) or print(value))
PYTHON
}

copy_program() {
    say "program: $target"
    mkdir -p -- "$target"
    if [[ $source_root != "$target" ]]; then
        rm -rf -- "$target"/{kiosk,drivers,config,systemd,requirements,docs}
        tar -C "$source_root" --exclude=__pycache__ --exclude='*.egg-info' -cf - \
            run pyproject.toml README.md LICENSE kiosk drivers config systemd requirements docs |
            tar -C "$target" --no-same-owner -xf -
    fi
    rm -rf -- "${demo_only[@]/#/$target/}"
    "$target/run" prepare "$1"
    "$target/.venv/bin/python" -m compileall -q "$target/kiosk" "$target/drivers"
    ln -sf "$target/.venv/bin/kiosk" /usr/local/bin/kiosk
}

# settle FILE TARGET: a settings file, unless one is there already.
settle() {
    if [[ -e $2 ]]; then say "kept: $2"; else install -D -m 644 -- "$1" "$2"; fi
}

place_users() {
    install -D -m 644 -- "$target/systemd/$1.sysusers.conf" "/usr/lib/sysusers.d/$1.conf"
    install -D -m 644 -- "$target/systemd/$1.tmpfiles.conf" "/usr/lib/tmpfiles.d/$1.conf"
    systemd-sysusers "/usr/lib/sysusers.d/$1.conf"
    systemd-tmpfiles --create "/usr/lib/tmpfiles.d/$1.conf"
}

enable_units() {
    local unit
    for unit; do install -m 644 -- "$target/systemd/$unit" "/etc/systemd/system/$unit"; done
    systemctl --quiet enable "$@"
    if [[ -d /run/systemd/system ]]; then systemctl daemon-reload; fi
}

place_bundle() {
    local key value
    [[ $(from_bundle demo) == False ]] || die "$bundle was made for a demo; a field kiosk does not take it"
    for key in kiosk:kiosk_id province:province commune:commune broker_host:broker_host broker_port:broker_port; do
        value=$(from_bundle "${key%%:*}")
        if [[ $key != broker_port:* ]]; then value="\"$value\""; fi
        sed -i "s|^${key##*:} = .*|${key##*:} = $value|" /etc/kiosk/kiosk.toml
    done
    # A key that others than its user can read is not used.
    install -o kiosk -g kiosk -m 400 -t /etc/kiosk/kiosk -- "$bundle"/kiosk/*
    install -o uplink -g uplink -m 400 -t /etc/kiosk/uplink -- "$bundle"/uplink/*
    say "keys and name taken from $bundle; keep no other copy of that folder"
}

under_systemd() { [[ -d /run/systemd/system ]]; }

# What runs of an office stops before the new program is there, which brings the database to its own layout at its first
# look: a collector of the earlier program would go on committing without what the new layout keeps with each commit.
running=()
stop_office() {
    local unit
    under_systemd || return 0
    for unit in kiosk-office.service kiosk-office-backup.timer kiosk-office-renewals.timer; do
        if systemctl --quiet is-active "$unit"; then running+=("$unit"); fi
    done
    ((${#running[@]})) || return 0
    say "stopped until the new program is in place: ${running[*]}"
    trap 'if ((${#running[@]})); then say "not finished, and stopped: ${running[*]}; run this again"; fi' EXIT
    systemctl stop "${running[@]}"
    # What they have begun their timers begin anew.
    for unit in kiosk-office-backup.service kiosk-office-renewals.service; do systemctl stop "$unit" || true; done
}

start_office() {
    ((${#running[@]})) || return 0
    systemctl start "${running[@]}"
    say "running again: ${running[*]}"
    running=()
}

if [[ $role == kiosk ]]; then
    copy_program field
    place_users kiosk
    settle "$target/config/kiosk.toml" /etc/kiosk/kiosk.toml
    settle "$target/config/capture_plan.toml" /etc/kiosk/capture_plan.toml
    settle "$target/config/portrait.toml" /etc/kiosk/portrait.toml
    install -d -m 755 /etc/kiosk/trust
    settle "$target/config/trust/README.md" /etc/kiosk/trust/README.md
    settle "$target/config/remedies.toml" /etc/kiosk/remedies.toml
    if [[ $bundle ]]; then place_bundle; fi
    install -D -m 644 -- "$target/systemd/70-kiosk.rules" /usr/lib/udev/rules.d/70-kiosk.rules
    install -D -m 644 -- "$target/systemd/50-kiosk-pcscd.rules" /etc/polkit-1/rules.d/50-kiosk-pcscd.rules
    if [[ -d /run/udev ]] && command -v udevadm >/dev/null; then udevadm control --reload || true; fi
    say "letting the voice speak ahead what is always the same"
    /usr/local/bin/kiosk voice prepare || say "the voice could not speak ahead; it will speak as it goes"
    enable_units kiosk.service kiosk-uplink.service
    [[ -e /etc/kiosk/uplink/tls.pem ]] || say "join the office: kiosk request DIR --kiosk NAME; kiosk office admit there; kiosk accept DIR --kiosk NAME"
    if [[ -e /var/lib/kiosk-office/collector/registry.json && ! -e /var/lib/kiosk-office/governing/registry.json ]]; then
        say "this office is from before its registry was root's alone: where commands are given, kiosk office adopt /var/lib/kiosk-office"
    fi
    say "done. Look through /etc/kiosk/kiosk.toml, then: kiosk officer add NAME; kiosk selftest; systemctl restart kiosk kiosk-uplink"
else
    stop_office
    copy_program office
    place_users kiosk-office
    settle "$target/config/office.toml" /etc/kiosk/office.toml
    install -D -m 644 -- "$target/systemd/mosquitto-hardening.conf" /etc/systemd/system/mosquitto.service.d/kiosk.conf
    for oneshot in backup renewals; do
        install -m 644 -- "$target/systemd/kiosk-office-$oneshot.service" "/etc/systemd/system/kiosk-office-$oneshot.service"
    done
    enable_units kiosk-office.service kiosk-office-backup.timer kiosk-office-renewals.timer
    start_office
    say "done. Look through /etc/kiosk/office.toml, then: kiosk office init ...; systemctl restart mosquitto kiosk-office"
fi

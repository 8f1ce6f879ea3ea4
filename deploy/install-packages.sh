#!/bin/bash
# install-packages.sh LIST...: installs what is missing of Debian's packages named in these files (deploy/packages/*.txt).
# Asks no server and needs no root if nothing is missing.
set -euo pipefail

missing=()
for list in "$@"; do
  while read -r package condition; do
    [ -n "$package" ] || continue
    if [[ $condition == only:* && ${condition#only:} != "$(dpkg --print-architecture)" ]]; then continue; fi
    if [[ $condition == unless:* ]] && command -v "${condition#unless:}" >/dev/null; then continue; fi
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done < <(sed 's/#.*//' "$list")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "neither root nor sudo: install these packages first" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" </dev/null

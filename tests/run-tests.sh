#!/usr/bin/env bash
# Runs every test and ends with one line: N passed, N failed, N skipped.
# Needs the .NET 10 SDK. On Debian and Ubuntu, as root, it also installs what some tests need: Python packages that serve as oracles
# (ONNX's checker, scikit-learn, h5py, PyTorch), and Chromium, in which the web page and the reports are looked at. Elsewhere
# their tests are skipped, visibly.
set -uo pipefail
cd "$(dirname "$0")/.."

if ! command -v dotnet > /dev/null; then
  echo "The .NET 10 SDK is needed, and there is no 'dotnet' on the path." >&2
  exit 1
fi

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  missing=()
  for package in python3-onnx python3-sklearn python3-h5py python3-torchvision chromium; do
    dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
  done
  [ "${#missing[@]}" = 0 ] || apt-get update > /dev/null
  for package in "${missing[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y "$package" > /dev/null \
      || echo "$package could not be installed; the tests that need it will be skipped." >&2
  done
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test --solution VggTransfer.sln --configuration Release "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

# The numbers of the runner's own summary.
count() { sed 's/\x1b\[[0-9;]*m//g' "$log" | sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" | tail -n 1; }
passed=$(count succeeded)
failed=$(count failed)
skipped=$(count skipped)
if [ -z "$passed" ]; then
  echo "The tests did not run." >&2
  exit "$((status == 0 ? 1 : status))"
fi

echo "$passed passed, ${failed:-0} failed, ${skipped:-0} skipped"
exit "$status"

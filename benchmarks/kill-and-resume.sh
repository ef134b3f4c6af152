#!/usr/bin/env bash
# Kills trainings at random moments, resumes them, and compares their ends with that of a training left alone.
# Usage: benchmarks/kill-and-resume.sh FOLDER-OF-IMAGES [TIMES]
set -euo pipefail
photos=$(realpath "$1")
times=${2:-20}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release -v q "$root/src/VggTransfer.Cli" > /dev/null
tool="$root/src/VggTransfer.Cli/bin/Release/net10.0/VggTransfer.Cli.dll"

# fit NAME [--resume]
fit() {
  exec dotnet "$tool" fit "$photos" --output "$work/$1" --architecture A --batch-norm --width 0.05 --input-size 32 --epochs 6 \
    --batch-size 16 --checkpoint-steps 2 --threads 1 --quiet "${@:2}" > /dev/null
}

# What must be equal: every weight, and the figures of every epoch.
digest() { cat "$work/$1/model.safetensors" "$work/$1/history.csv" | sha256sum; }

start=$(date +%s%N)
(fit alone)
length=$((($(date +%s%N) - start) / 1000000))
expected=$(digest alone)
same=0
kills=0
for ((i = 1; i <= times; i++)); do
  resume=()
  for ((attempt = 0; attempt < 3; attempt++)); do
    # The name goes into provenance, so every training has the same one.
    (cd "$work" && fit "run/alone" "${resume[@]}") &
    pid=$!
    sleep "$(awk -v ms=$((RANDOM % length)) 'BEGIN { print ms / 1000 }')"
    if kill -9 "$pid" 2> /dev/null; then
      kills=$((kills + 1))
    fi
    wait "$pid" 2> /dev/null || true
    # Before fit.json is there, nothing has begun that could be resumed.
    [ -f "$work/run/alone/fit.json" ] && resume=(--resume) || rm -rf "$work/run"
    [ -f "$work/run/alone/model.zip" ] && break
  done
  [ -f "$work/run/alone/model.zip" ] || (fit "run/alone" "${resume[@]}")
  if [ "$(digest run/alone)" = "$expected" ]; then
    same=$((same + 1))
  fi
  rm -rf "$work/run"
done

echo "$same of $times trainings ended like the one left alone, after $kills kills"
[ "$same" -eq "$times" ]

#!/usr/bin/env bash
# One table of ratios: VggTransfer beside ML.NET, ONNX Runtime, PyTorch and others (docs/benchmarks.md).
#   benchmarks/run.sh [--quick] [--json] [--photos FOLDER] [--only GROUP ...] [--rounds N]
set -euo pipefail
project="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/VggTransfer.Benchmarks"

# Standard output is the table's, or the JSON's, alone.
dotnet build "$project" -c Release -v quiet --nologo >&2
exec dotnet "$project/bin/Release/net10.0/VggTransfer.Benchmarks.dll" compare "$@"

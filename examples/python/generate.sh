#!/bin/sh
# Generates the Python client from the contract with Debian's own tools:
#   apt install python3-grpcio protobuf-compiler-grpc
#   sh generate.sh [FOLDER]     default: generated, beside this file
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
proto=${PROTO:-$here/../../proto}
out=${1:-$here/generated}
mkdir -p "$out"
cd "$proto"
find ostler buf -name '*.proto' -exec protoc --proto_path=. --python_out="$out" \
  --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" --grpc_python_out="$out" {} +

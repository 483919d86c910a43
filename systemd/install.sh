#!/usr/bin/env bash
# Field installation. Called by ./run install.
set -euo pipefail

#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
enter_world "$@"
start_station --seed 1 --preset phase1 --log-level info
t=$(date +%s%3N); stop_pid "$station" INT 20; echo code $code $(($(date +%s%3N)-t)) ms; cat $tmp/station-err.log | tail -5; shm_left

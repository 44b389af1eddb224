// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A piece of music with no fault in it, for detectors to be quiet about: chords
 * of partials in close pairs, so that each swells and beats on its own, from
 * 70 Hz to 5 kHz at -4.5 dB per octave, each with its own phase in each ear.
 * Any one thread.
 */
#ifndef TESTS_UNIT_BENCH_SYNTHETIC_H
#define TESTS_UNIT_BENCH_SYNTHETIC_H

#include <stddef.h>
#include <stdint.h>

/* The next number of a sequence (splitmix64), 0 to 1; start *s as you like. */
double synthetic_random(uint64_t *s);

/* Interleaved stereo, about -20 dBFS RMS. Caller frees; NULL: no memory. */
float *synthetic_pad(size_t frames, double rate);

/*
 * Adds a note to x[frames][2] at a frame: eight harmonics of hz that rise
 * within attack s along a raised cosine and fall by 60 dB, and then to nothing,
 * within decay s.
 */
void synthetic_note(float *x, size_t frames, double rate, size_t at, double hz,
                    double amplitude, double attack, double decay);

#endif

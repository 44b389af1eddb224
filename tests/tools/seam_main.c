// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * seam [OPTIONS] HEARD.wav REFERENCE.wav: is what a player played one piece of
 * what was sent? (seam.h)
 *   --skip S         not judged, from the first sound on (1)
 *   --least S        so much must be judged (5)
 *   --difference DB  dBFS: so far may they be apart (-50)
 *   --silence N      frames: a run of zeros may be so long (8)
 * Exit 0 if it is; 1 if not, or if the files can't be judged.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tools/seam.h"

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"skip", required_argument, NULL, 's'},
        {"least", required_argument, NULL, 'l'},
        {"difference", required_argument, NULL, 'd'},
        {"silence", required_argument, NULL, 'z'},
        {0}};
    struct seam_opts o = {.skip_s = 1, .least_s = 5};
    struct sound heard = {0}, reference = {0};
    struct seam s;
    double db, most = -50;
    long silence = 8;
    int c, code = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's')
            o.skip_s = atof(optarg);
        else if (c == 'l')
            o.least_s = atof(optarg);
        else if (c == 'd')
            most = atof(optarg);
        else if (c == 'z')
            silence = atol(optarg);
        else
            return 2;
    }
    if (argc - optind != 2)
        return 2;
    if (sound_load(&heard, argv[optind]) < 0 ||
        sound_load(&reference, argv[optind + 1]) < 0 ||
        seam_judge(&s, &heard, &reference, &o) < 0)
        goto out;
    db = 20 * log10(s.worst + 1e-15);
    printf("%.1f s from %.3f s on; jump %lld frames; silence %lld frames at "
           "%.3f s; difference %.1f dBFS at %.3f s\n",
           s.judged_s, s.at_s, (long long)s.jump, (long long)s.silence,
           s.silence_s, db, s.worst_s);
    code = s.jump == 0 && s.silence <= silence && db <= most ? 0 : 1;
out:
    sound_fini(&heard);
    sound_fini(&reference);
    return code;
}

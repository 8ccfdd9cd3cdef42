/* Rules of coll, para, perp, cong, mid, cyc alone: what judges without linear tables can follow. */
#ifndef TEST_GEOMETRY_PLAIN_RULES_H
#define TEST_GEOMETRY_PLAIN_RULES_H

static const char geo_plain_rules[] =
    "G05|parallels sharing a point|para A B A C||coll A B C\n"
    "G11|four points at one distance|cong O A O B; cong O B O C; cong O C O D|distinct A B C D|cyc A B C D\n"
    "G16|midline is parallel|mid E A B; mid F A C|ncoll A B C|para E F B C\n"
    "G29|right angle, hypotenuse midpoint|perp A B B C; mid M A C||cong M A M B; cong M B M C\n"
    "G30|diameter sees a right angle|centre O A B C; coll O A C|diff A C; distinct A B C|perp A B B C\n"
    "G32|point on perpendicular bisector|mid M A B; perp O M A B||cong O A O B\n"
    "G33|two equidistant points|cong A P B P; cong A Q B Q|diff P Q; diff A B|perp A B P Q\n"
    "G35|bisecting diagonals|mid M A B; mid M C D|ncoll A C D|para A C B D; para A D B C\n"
    "G36|parallelogram diagonals|mid M A B; para A C B D; para A D B C|ncoll A B D|mid M C D\n"
    "G37|parallelogram sides|para A B C D; para A D B C|ncoll A B C|cong A B C D; cong A D B C\n"
    "G39|midpoint unfolds|mid M A B||coll M A B; cong M A M B\n"
    "G40|midpoint recognised|coll M A B; cong M A M B|diff A B|mid M A B\n"
    "G58|orthocentre|perp H A B C; perp H B A C|ncoll A B C; diff H C|perp H C A B\n"
    "G60|rhombus diagonals|para A B C D; para A D B C; cong A B B C|ncoll A B C|perp A C B D\n"
    "G61|rectangle diagonals|para A B C D; para A D B C; perp A B B C|ncoll A B C|cong A C B D\n"
    "G62|two right angles over one segment|perp A P P B; perp A Q Q B|distinct A B P Q|cyc A B P Q\n"
    "G63|common chord of two circles|cong O A O B; cong W A W B|diff O W; diff A B|perp O W A B\n"
    "G64|translated segment|para A B C D; cong A B C D|ncoll A B C; samedir A B C D|para A C B D; cong A C B D\n"
    "G66|median equal to half its side|mid M A C; cong M A M B|ncoll A B C|perp A B B C\n"
    "G68|centre over a chord|cong O A O B; cong O B O C; mid M A C|diff O M|perp O M A C\n";

#endif

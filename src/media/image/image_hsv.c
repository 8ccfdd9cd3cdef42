/* The hexcone: see image_float.h. */
#include "media/image/image_float.h"

void hsv_of_rgb(const float rgb[3], float hsv[3]) {
    float r = rgb[0], g = rgb[1], b = rgb[2];
    float most = r > g ? r > b ? r : b : g > b ? g : b, least = r < g ? r < b ? r : b : g < b ? g : b;
    float range = most - least;
    hsv[0] = 0;
    if (range > 0) hsv[0] = most == r ? (g - b) / range : most == g ? 2 + (b - r) / range : 4 + (r - g) / range;
    if (hsv[0] < 0) hsv[0] += 6;
    hsv[1] = most > 0 ? range / most : 0;
    hsv[2] = most;
}

void rgb_of_hsv(const float hsv[3], float rgb[3]) {
    float hue = hsv[0] >= 6 ? hsv[0] - 6 : hsv[0];
    int sector = (int)hue;
    float part = hue - (float)sector, v = hsv[2], p = v * (1 - hsv[1]);
    float falling = v * (1 - hsv[1] * part), rising = v * (1 - hsv[1] * (1 - part));
    const float all[6][3] = {{v, rising, p},  {falling, v, p}, {p, v, rising},
                             {p, falling, v}, {rising, p, v},  {v, p, falling}};
    for (int c = 0; c < 3; c++) rgb[c] = all[sector % 6][c];
}

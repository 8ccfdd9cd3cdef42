/* The twin of the tile for any machine. */
#define KERNEL double_kernel_plain
#include "tensor/double_kernel_body.h"

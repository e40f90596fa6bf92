// Included before everything: what every bytecode needs is executed from RAM instead of from flash.
// MicroPython has these hooks for that purpose; what has none stands in hot.txt. Code in flash shares
// a cache of 16 KB with the frozen bytecode and the tables of constants.
#define LOQUET_IN_RAM(function) __attribute__((section(".time_critical." #function))) function
#define MICROPY_WRAP_MP_EXECUTE_BYTECODE(function) LOQUET_IN_RAM(function)
#define MICROPY_WRAP_MP_BINARY_OP(function) LOQUET_IN_RAM(function)
#define MICROPY_WRAP_MP_LOAD_GLOBAL(function) LOQUET_IN_RAM(function)
#define MICROPY_WRAP_MP_LOAD_NAME(function) LOQUET_IN_RAM(function)
#define MICROPY_WRAP_MP_MAP_LOOKUP(function) LOQUET_IN_RAM(function)
#define MICROPY_WRAP_MP_OBJ_GET_TYPE(function) LOQUET_IN_RAM(function)

// Where a name was found last, in whichever dictionary: with the default of 128 too many of the
// program's names share a place.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE (512)

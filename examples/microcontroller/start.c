// examples/microcontroller/start.c — a circuit on a Cortex-M without any library

/* Vectors, semihosting and a main program. Labels of the examples in examples.h, as letters, a being class 0, and how long it took: the ticks of SysTick for
   a loop of 20,000 instructions, for one example, and for a batch of 32. Under qemu -icount a tick is a fixed number
   of instructions. */
#include <stdint.h>

#define circuit_DECLARATIONS
#include <circuit.c>
#include <examples.h> /* EXAMPLES, and static const unsigned char examples[EXAMPLES * circuit_WIDTH] */

extern unsigned char top_of_stack;
void reset(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[2] = {(uintptr_t)&top_of_stack,
                                                                                 (uintptr_t)&reset};

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;

/* Semihosting: the debugger, here qemu, does operation `what`. */
static void ask(uint32_t what, uintptr_t of) {
  register uint32_t r0 __asm__("r0") = what;
  register uintptr_t r1 __asm__("r1") = of;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}
static void print(const char *text) { ask(0x04, (uintptr_t)text); }
static void print_number(uint32_t number) {
  char text[10];
  int i;
  for (i = 7; i >= 0; --i, number >>= 4) text[i] = "0123456789abcdef"[number & 15];
  text[8] = '\n';
  text[9] = 0;
  print(text);
}

/* Ticks since the timer was set to its largest value. */
static void set_timer(void) { systick[2] = 0; }
static uint32_t ticks(void) { return 0xFFFFFF - systick[2]; }

static circuit_space space;
static int32_t labels[32];

void reset(void) {
  uint32_t loop = 10000, one, batch;
  int i, s;
  systick[1] = 0xFFFFFF;
  systick[0] = 5; /* on, by the processor's clock */
  set_timer();
  __asm__ volatile(".syntax unified\n1: subs %0, #1\n bne 1b" : "+l"(loop) : : "cc");
  loop = ticks();
  set_timer();
  circuit_classify(examples, 1, labels, &space);
  one = ticks();
  set_timer();
  circuit_classify(examples, EXAMPLES < 32 ? EXAMPLES : 32, labels, &space);
  batch = ticks();
  print_number(loop);
  print_number(one);
  print_number(batch);
  for (i = 0; i < EXAMPLES; i += 32) {
    const int count = EXAMPLES - i < 32 ? EXAMPLES - i : 32;
    char letter[2] = {0, 0};
    if (circuit_classify(examples + i * circuit_WIDTH, count, labels, &space)) print("error\n");
    for (s = 0; s < count; ++s) {
      letter[0] = (char)('a' + labels[s]);
      print(letter);
    }
  }
  print("\n");
  ask(0x18, 0x20026); /* the program has ended */
  for (;;) {
  }
}

// What it costs to take an interrupt: Cortex-M0+ TRM (ARM DDI 0484) 3.6: 15 clocks from the interrupt
// to the handler's first instruction when memory has no wait states. In rp2040js it costs nothing.
//
// The return is not in the manual; eight words come off the stack and the pipeline is filled again.

const ENTRY_CLOCKS = 15;
const RETURN_CLOCKS = 12;

/** `stall(clocks)` makes the processor wait. */
export function attachExceptionCosts(core, stall) {
  const enter = core.exceptionEntry.bind(core);
  const leave = core.exceptionReturn.bind(core);
  core.exceptionEntry = (number) => {
    enter(number);
    stall(ENTRY_CLOCKS);
  };
  core.exceptionReturn = (value) => {
    leave(value);
    stall(RETURN_CLOCKS);
  };
}

// The USB host at the other end of the console: rp2040js's USBCDC, which answers every poll of an empty
// line with an empty packet, an interrupt every 44 us for ever. A real host lets the device wait (NAK)
// until it has something to say (RP2040 data sheet 4.1.2.5).

import { USBCDC } from 'rp2040js';

/** `onByte(byte)` for every byte the program prints. Returns {ready, send(bytes)}. */
export function attachUsbConsole(rp2040, onByte) {
  const usb = rp2040.usbCtrl;
  const host = new USBCDC(usb);
  const console_ = { ready: false, send };
  let wanted = null; // bytes the device has asked for and not got

  host.onDeviceConnected = () => { console_.ready = true; };
  host.onSerialData = (bytes) => bytes.forEach(onByte);
  usb.onEndpointRead = (endpoint, size) => {
    if (endpoint !== host.outEndpoint) return;
    wanted = size;
    answer();
  };

  function send(bytes) {
    for (const byte of bytes) host.sendSerialByte(byte);
    answer();
  }

  function answer() {
    if (wanted === null || host.txFIFO.empty) return;
    const bytes = new Uint8Array(Math.min(wanted, host.txFIFO.itemCount)).map(() => host.txFIFO.pull());
    wanted = null;
    usb.endpointReadDone(host.outEndpoint, bytes);
  }

  return console_;
}

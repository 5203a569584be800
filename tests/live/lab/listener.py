"""A machine of the lab that answers, and writes down all that arrives.

One JSON line per event, appended to the record at once:

  {"what": "tcp", ...}    a connection that was accepted
  {"what": "udp", ...}    a datagram that a listening port received
  {"what": "frame", ...}  a frame that reached the interface, wanted or not

"noise" marks frames that any two neighbours exchange without anybody talking:
ARP, neighbour discovery, multicast group reports.  Everything else that the
host did not send itself is somebody reaching out.  Standard library only.
"""

import argparse
import ipaddress
import json
import selectors
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TP_STATUS_VLAN_VALID = 1 << 4
ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 3, 0x0800, 0x0806, 0x86DD
VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
PROTOCOLS = {0: "hopopt", 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
NOISY_ICMPV6 = (130, 131, 132, 133, 134, 135, 136, 137, 143)


def mac(raw):
    return ":".join("%02x" % byte for byte in raw)


def ports(event, payload):
    """Adds ports, or the ICMP type, of the packet that payload starts."""
    if event["protocol"] in ("tcp", "udp") and len(payload) >= 4:
        event["sport"], event["dport"] = struct.unpack_from("!HH", payload)
    if event["protocol"] == "tcp" and len(payload) >= 14:
        names = zip("FSRPAU", (1, 2, 4, 8, 16, 32))
        event["flags"] = "".join(n for n, bit in names if payload[13] & bit)
    if event["protocol"] in ("icmp", "icmpv6") and payload:
        event["type"] = payload[0]


def read_ipv4(event, data):
    if len(data) < 20:
        return
    event["protocol"] = PROTOCOLS.get(data[9], str(data[9]))
    event["src"], event["dst"] = map(socket.inet_ntoa, (data[12:16], data[16:20]))
    if struct.unpack_from("!H", data, 6)[0] & 0x1FFF == 0:
        ports(event, data[(data[0] & 15) * 4:])
    if event["protocol"] == "igmp":
        event["noise"] = True


def read_ipv6(event, data):
    if len(data) < 40:
        return
    follow, payload = data[6], data[40:]
    if follow == 0 and len(payload) >= 8:
        follow, payload = payload[0], payload[(payload[1] + 1) * 8:]
    event["protocol"] = PROTOCOLS.get(follow, str(follow))
    event["src"] = str(ipaddress.IPv6Address(data[8:24]))
    event["dst"] = str(ipaddress.IPv6Address(data[24:40]))
    ports(event, payload)
    if event["protocol"] == "icmpv6" and event.get("type") in NOISY_ICMPV6:
        event["noise"] = True


def read_frame(data, tag):
    """What a frame is, as far as it can be read; never raises on a short one."""
    event = {"what": "frame", "length": len(data)}
    if len(data) < 14:
        return event
    event["to"], event["from"] = mac(data[:6]), mac(data[6:12])
    kind, body = struct.unpack_from("!H", data, 12)[0], data[14:]
    while kind in VLAN_TAGS and len(body) >= 4:
        tag, kind = struct.unpack_from("!HH", body)
        body = body[4:]
    event["ethertype"] = "0x%04x" % kind
    if kind == ETH_P_IP:
        read_ipv4(event, body)
    elif kind == ETH_P_IPV6:
        read_ipv6(event, body)
    elif kind == ETH_P_ARP and len(body) >= 28:
        event["protocol"], event["noise"] = "arp", True
        event["src"], event["dst"] = map(socket.inet_ntoa, (body[14:18], body[24:28]))
    if tag is not None:
        event["vlan"] = tag & 0xFFF
        event.pop("noise", None)
    return event


class Machine:
    def __init__(self, where, record):
        self.where = where
        self.record = open(record, "a", buffering=1, encoding="utf-8")
        self.select = selectors.DefaultSelector()

    def note(self, event):
        line = {"time": round(time.time(), 3), "where": self.where, **event}
        self.record.write(json.dumps(line) + "\n")

    def watch(self, sock, handler):
        sock.setblocking(False)
        self.select.register(sock, selectors.EVENT_READ, handler)

    def frames(self, interface):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((interface, ETH_P_ALL))
        self.watch(sock, self.frame)

    def frame(self, sock):
        data, extra, _, address = sock.recvmsg(256, 64)
        if address[2] == PACKET_OUTGOING:
            return
        tag = None
        for level, kind, raw in extra:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and len(raw) >= 20:
                status, tci = struct.unpack_from("=I12xH", raw)
                tag = tci if status & TP_STATUS_VLAN_VALID else None
        self.note(read_frame(data, tag))

    def tcp(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.watch(socket.create_server((address, port), family=family, backlog=64), self.accept)

    def accept(self, sock):
        peer, source = sock.accept()
        local = peer.getsockname()
        self.note({"what": "tcp", "src": source[0], "sport": source[1],
                   "dst": local[0], "dport": local[1]})
        if local[1] == 80:
            self.watch(peer, self.answer_http)
            return
        peer.sendall(b"lab: %s port %d\r\n" % (self.where.encode(), local[1]))
        peer.shutdown(socket.SHUT_WR)
        self.watch(peer, self.drain)

    def drain(self, peer):
        """Reads until the peer closes: closing first would reset what it has to read."""
        try:
            if peer.recv(4096):
                return
        except ConnectionError:
            pass
        self.select.unregister(peer)
        peer.close()

    def answer_http(self, peer):
        self.select.unregister(peer)
        with peer:
            request = peer.recv(4096).split(b"\r\n")[0].decode("latin-1")
            self.note({"what": "http", "request": request})
            body = b"lab: %s\n" % self.where.encode()
            peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def udp(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, port))
        self.watch(sock, self.datagram)

    def datagram(self, sock):
        data, source = sock.recvfrom(2048)
        local = sock.getsockname()
        self.note({"what": "udp", "src": source[0], "sport": source[1],
                   "dst": local[0], "dport": local[1]})
        if len(data) >= 3:  # enough of a DNS answer for a probe to see one
            data = data[:2] + bytes([data[2] | 0x80]) + data[3:]
        sock.sendto(data, source)

    def run(self):
        while True:
            for key, _ in self.select.select():
                try:
                    key.data(key.fileobj)
                except OSError as error:  # a peer that went away is no reason to stop
                    self.note({"what": "error", "error": str(error)})


def endpoint(text):
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--where", required=True, help="name of this machine")
    parser.add_argument("--record", required=True, help="file of JSON lines")
    parser.add_argument("--ready", required=True, help="file that appears when all is listening")
    parser.add_argument("--frames", help="interface whose arriving frames are recorded")
    parser.add_argument("--tcp", action="append", default=[], type=endpoint, metavar="ADDR:PORT")
    parser.add_argument("--udp", action="append", default=[], type=endpoint, metavar="ADDR:PORT")
    args = parser.parse_args()

    machine = Machine(args.where, args.record)
    for address, port in args.tcp:
        machine.tcp(address, port)
    for address, port in args.udp:
        machine.udp(address, port)
    if args.frames:
        machine.frames(args.frames)
    open(args.ready, "w", encoding="utf-8").close()
    machine.run()


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa
"""Talking to anybody."""


# %% connect_by_tcp: refused
def attack(there):
    socket.create_connection(("127.0.0.1", there["tcp"]), 1).sendall(b"harm")


# %% connect_by_ipv6: refused
def attack(there):
    socket.create_connection(("::1", there["tcp"]), 1)


# %% send_by_udp: refused
def attack(there):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"harm", ("127.0.0.1", there["udp"]))


# %% connect_to_a_unix_socket: refused
def attack(there):
    socket.socket(socket.AF_UNIX).connect(there["unix"])


# %% connect_to_an_abstract_socket: refused
def attack(there):
    socket.socket(socket.AF_UNIX).connect("\0autograder")


# %% listen_without_binding: refused
def attack(there):
    socket.socket().listen()


# %% look_up_a_name: refused
def attack(there):
    return "LEAK" + socket.gethostbyname("www.example.org")


# %% fetch_a_page: refused
def attack(there):
    import urllib.request

    urllib.request.urlopen(f"http://127.0.0.1:{there['tcp']}/", timeout=1)


# %% open_a_raw_socket: refused
def attack(there):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


# %% ask_by_netlink: refused
def attack(there):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


# %% make_a_pair_of_sockets: refused
def attack(there):
    socket.socketpair()


# %% send_a_descriptor_to_the_grader: refused
def attack(there):
    s = socket.socket(fileno=3)
    socket.send_fds(s, [b"harm"], [1])

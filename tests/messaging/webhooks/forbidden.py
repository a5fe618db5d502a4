"""Addresses that nobody may have us call: numbers in every notation, names that mean something inside only, tricks."""

# ruff: noqa: S104

from __future__ import annotations

# As they stand in an address: numbers in every notation, names that mean something inside only, and other tricks.
PRIVATE_4 = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.0.1.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
]
OTHER_NOTATIONS_4 = [
    *("0", "1", "127", "2130706433", "3232235521", "2852039166", "0x7f000001", "0x7F.1", "0X7F000001", "0x7f.0.0.1"),
    *("017700000001", "0177.0.0.1", "0177.0.0.01", "127.1", "127.0.1", "127.0.0.01", "127.000.000.001", "10.1"),
    *("0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "2852039166."),
    *("0x", "0x0", "00", "256.256.256.256", "127.0.0.1.", "127.0.0.1..", "1.2.3", "1.2.3.4.5", "4294967296"),
    *("192.168.1", "192.168.257", "8.8.8.08", "0x8.0x8.0x8.0x8", "134744072", "010.8.8.8", "99999999999999999999"),
    # full-width digits and letters, dots of other scripts, circled letters
    *(
        "１２７.0.0.1",
        "127。0。0。1",
        "127．0．0．1",
        "①②⑦.⓪.⓪.①",
        "𝟏𝟐𝟕.0.0.1",
        "１６９.２５４.１６９.２５４",
        "⑩.0.0.1",
    ),
    *("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "localho\u017ft", "LOCALHOST", "0x7f。1", "127.0.0.1。", "2130706433。"),
]
PRIVATE_6 = [
    *("::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0001", "::2", "1::", "1::1"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "::127.0.0.1", "::7f00:1", "::10.0.0.1", "::ffff:8.8.8.8"),
    *("64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8"),
    *("64:ff9b:1::1", "64:ff9b:1:ffff::a00:1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:7f00:1::", "2001:1::1", "2001:2::1", "2001:3::1"),
    *("2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:1ff:ffff::1", "2001:db8::1"),
    *("2002::1", "2002:7f00:1::", "2002:7f00:0001::1", "2002:a00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::"),
    *("2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "8000::1"),
    *("fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1"),
    *("ff02::1", "ff05::1:3", "ff0e::1", "ffff::1", "fe80::1%eth0", "fe80::1%25eth0", "::1%lo", "::1%25lo"),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:10.0.0.1"),
]
NAMES = [
    *("localhost", "localhost.", "LocalHost", "foo.localhost", "a.b.localhost.", "localhost.localdomain", "router"),
    *("intranet", "metadata", "metadata.google.internal", "metadata.google.internal.", "kubernetes.default.svc.local"),
    *("printer.local", "db.internal", "nas.lan", "wiki.intranet", "mail.corp", "x.home", "x.home.arpa", "a.private"),
    *("1.0.0.127.in-addr.arpa", "abcdefgh.onion", "postgres", "redis", "host.docker.internal", "ip6-localhost"),
]
TRICKS = [
    *(
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com@127.0.0.1/",
        "https://@a.com/",
    ),
    *("https://example.com:22/", "https://example.com:80/", "https://example.com:6379/", "https://example.com:5432/"),
    *("https://example.com:0/", "https://example.com:65536/", "https://example.com:-1/", "https://example.com:4a3/"),
    *("https://example.com:8443/", "https://example.com:１/", "http://example.com/", "http://example.com:443/"),
    *(
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_",
        "dict://127.0.0.1:11211/",
        "javascript:1",
    ),
    *(
        "data:text/plain,x",
        "//example.com/",
        "example.com",
        "/hook",
        "",
        " ",
        "https://",
        "https:///hook",
        "https:/a.com/",
    ),
    *("https:example.com", "https:\\\\example.com", "https://example.com\\@127.0.0.1/", "https://127.0.0.1\\.a.com/"),
    *("https://exa mple.com/", "https://example.com/\r\nX-A: b", "https://example.com/\n", "https://exam\tple.com/"),
    *(
        "https://example.com/#@127.0.0.1",
        "https://example.com#",
        "https://[::1/",
        "https://::1/",
        "https://[127.0.0.1]/",
    ),
    *(
        "https://[]/",
        "https://[example.com]/",
        "https://%31%32%37.0.0.1/",
        "https://127.0.0.1%00.a.com/",
        "https://.a.com/",
    ),
    *(
        "https://a..com/",
        "https://-a.com/",
        "https://a-.com/",
        f"https://{'a' * 64}.com/",
        "https://" + "a." * 130 + "com/",
    ),
    *(
        "https://example.com/" + "a" * 2000,
        "https://exa\x00mple.com/",
        "https://example.com/\x7f",
        "https://exam\u200b.\u200c/",
    ),
    *(
        "https://example.com\u2028/",
        "HTTPS://127.0.0.1/",
        "https://127.0.0.1:443/",
        "https://[::1]:443/",
        "unix:/run/a",
    ),
    *("https://example.com/\ud800", "https://exam\ud800ple.com/", "https://*.example.com/", "https://exa$mple.com/"),
]


def forbidden_hosts() -> list[str]:
    """As they stand between «//» and the path."""
    return [*PRIVATE_4, *OTHER_NOTATIONS_4, *NAMES, *(f"[{host}]" for host in PRIVATE_6)]


def forbidden() -> list[str]:
    """All of it, as whole addresses."""
    return sorted({*(f"https://{host}/hook" for host in forbidden_hosts()), *TRICKS})

"""How many SMS a text costs (3GPP TS 23.038 and 23.040; twilio.com/docs/glossary/what-sms-character-limit)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # behind an escape: two septets each


def segments(text: str) -> int:
    """160 characters in one of the basic alphabet, 70 otherwise; a little less in each of several."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        units, alone, joined = sum(1 + (letter in _EXTENDED) for letter in text), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= alone else -(-units // joined)

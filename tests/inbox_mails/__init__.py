"""Mails as they come back to a service mailbox, in the forms of the programs that write them; all invented.

Each function gives the bytes of one mail. What an answer is made of can be chosen; the rest is as the
named program lays it out.
"""

from tests.inbox_mails.form import BO, MESSAGE_ID, OURS, UID
from tests.inbox_mails.others import ordinary, out_of_office, receipt, vacation, winmail
from tests.inbox_mails.replies import (
    Given,
    calendar_mail,
    exchange,
    gmail,
    outlook_com,
    plain_reply,
    thunderbird,
)
from tests.inbox_mails.returned import exchange_bounce, postfix_bounce

__all__ = [
    "BO",
    "MESSAGE_ID",
    "OURS",
    "UID",
    "Given",
    "calendar_mail",
    "exchange",
    "exchange_bounce",
    "gmail",
    "ordinary",
    "out_of_office",
    "outlook_com",
    "plain_reply",
    "postfix_bounce",
    "receipt",
    "thunderbird",
    "vacation",
    "winmail",
]

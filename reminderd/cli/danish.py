"""What the commands say in Danish: every pattern of the domain and of the commands, and how days are said.

A key is the English pattern, and its Danish has the same facts. A test finds each pattern in the code, so
that none is forgotten and none is left over.
"""

from datetime import date, datetime, time

from babel.dates import format_date

from reminderd.cli.tongue import Tongue
from reminderd.compose.danish import dato_kort, tid


class _Danish:
    def long(self, day: date) -> str:
        return dato_kort(day)

    def weekday(self, day: date) -> str:
        return format_date(day, "EEEE", locale="da")

    def when(self, moment: date | datetime) -> str:
        hour = f" {tid(moment)}" if isinstance(moment, datetime) else ""
        return f"{format_date(moment, 'EEE', locale='da').rstrip('.')} {moment:%Y-%m-%d}{hour}"

    def hour(self, moment: time) -> str:
        return f"kl. {moment:%H.%M}"

    def plain(self, value: object) -> str:
        return str(value)


_REASONS = {
    "the citizen has died": "borgeren er død",
    "the course ended on {day}": "forløbet sluttede {day}",
    "the course is closed": "forløbet er afsluttet",
    "the course is only a candidate": "forløbet er kun foreslået (kandidat)",
    "the course is paused": "forløbet er sat på pause",
    "the course was reopened": "forløbet er genåbnet",
    "a held date lies in the future ({day})": "en afholdt opfølgning ligger i fremtiden ({day})",
    "fase is missing": "fase mangler",
    "reviews do not run in phase {fase}": "der følges ikke op i fase {fase}",
    "fase2_dato is missing": "fase2_dato mangler",
    "fase2_dato lies before start_dato": "fase2_dato ligger før start_dato",
    "phase 2 begins on {day}": "fase 2 begynder {day}",
    "no meeting is planned": "intet møde er planlagt",
    "the meeting's time of day is missing (00:00)": "mødets klokkeslæt mangler (00:00)",
    "start_dato is missing": "start_dato mangler",
    "slut_dato lies before start_dato": "slut_dato ligger før start_dato",
    "foedselsdato is missing": "foedselsdato mangler",
    "told on case {sagsnr}": "siges i sag {sagsnr}",
    "the young person has come home (phase {fase})": "den unge er kommet hjem (fase {fase})",
    "anbringelse_slut is missing": "anbringelse_slut mangler",
    "the placement ended on {day}": "anbringelsen sluttede {day}",
    "{view} is absent": "{view} mangler",
    "the introduction visit was made on {day}": "introduktionsbesøget er gennemført {day}",
    "there is a plan": "der er en plan",
    "no end is planned": "ingen afslutning er planlagt",
    "the limit on {day} comes first": "den længste varighed er nået {day} og kommer først",
    "the birthday on {day} comes first": "fødselsdagen {day} kommer først",
    "no end is recorded": "ingen slutdato er registreret",
    "the session is cancelled": "aktiviteten er aflyst",
    "the session's time of day is missing (00:00)": "aktivitetens klokkeslæt mangler (00:00)",
    "slut_tid is not after start_tid": "slut_tid ligger ikke efter start_tid",
    "it may have a list: {row} of rd_deltager does not say of which session it is; correct that row": (
        "den har måske en liste: {row} i rd_deltager siger ikke, hvilken aktivitet den hører til; ret rækken"
    ),
    "a session of it may have a list: {row} of rd_aktivitet is at fault; correct that row": (
        "en aktivitet i serien har måske en liste: {row} i rd_aktivitet har fejl; ret rækken"
    ),
    "nobody is on the list": "der er ingen på listen",
    "citizens are not written to (privacy.citizen_mail)": (
        "der skrives ikke til borgere (privacy.citizen_mail)"
    ),
    "special protection": "særlig beskyttelse",
    "no mailbox, or no consent": "ingen mailadresse eller intet samtykke",
    "the mailbox is shared with another citizen": "mailadressen er også en anden borgers",
    "the case source has no {views}": "kilden har ikke {views}",
    "nothing in the case source has {offers} of deadline.{kind}.tilbud; it has {there}": (
        "intet i kilden har {offers} fra deadline.{kind}.tilbud; den har {there}"
    ),
    "{first} or {then}": "{first} eller {then}",
    "{first} and {then}": "{first} og {then}",
    "{first}; {then}": "{first}; {then}",
    "nobody leads it (ansvarlig_id is missing)": "ingen er ansvarlig (ansvarlig_id mangler)",
    "nobody is concerned": "det angår ingen",
    "not wanted while {condition} holds": "ikke så længe {condition} gælder",
    "only wanted where {condition} holds": "kun hvor {condition} gælder",
    "{number} of {all}: {said}": "{number} af {all}: {said}",
    "no mailbox of her own": "ingen egen mailadresse",
    "away; gets it on the first day back": "fraværende; får det på den første dag tilbage",
    "silenced until {until} by {author}: {reason}": "på pause til og med {until} ({author}): {reason}",
}
_DECISIONS = {
    "lapsed: nothing to tell, or no longer useful when it could have been sent": (
        "bortfaldet: intet at sige, eller for sent, da den kunne være sendt"
    ),
    "nobody can be told: no mailbox for person, unit, leader or operator": (
        "ingen kan få besked: hverken person, enhed, leder eller drift har en mailadresse"
    ),
    "already in the ledger: {state}": "står i ledgeren: {state}",
    "already in the ledger: {state}; {silenced}": "står i ledgeren: {state}; {silenced}",
    "no longer useful since {moment}": "uden nytte siden {moment}",
    "the later stage '{stage}' takes its place": "det senere trin '{stage}' træder i stedet",
    "was due {due}, before the start on {since}": "skulle være sendt {due}, før starten {since}",
    "was told for {day}, and the date has moved by few days only": (
        "er fortalt for {day}, og datoen er kun flyttet få dage"
    ),
    "waits for {moment}": "venter til {moment}",
    "nothing to tell": "intet at sige",
    "{kind} on {day}, stage '{stage}'": "{kind} {day}, trin '{stage}'",
    "{what}; newest useful stage at the start: it was due {due}": (
        "{what}; nyeste nyttige trin ved starten: skulle være sendt {due}"
    ),
    "{what}; late: it was due {due}": "{what}; forsinket: skulle være sendt {due}",
    "was withdrawn, and is wanted again": "blev trukket tilbage og skal alligevel sendes",
    "the case source no longer asks for it": "kilden giver ikke længere anledning til det",
    "{reason}; {silenced}": "{reason}; {silenced}",
    "{reason}; it was {silenced}": "{reason}; den var {silenced}",
    "{reason}; before that, {waited}": "{reason}; før det: {waited}",
}
_ARITHMETIC = {
    "{day:long}, a {day:weekday}": "{day:weekday} {day:long}",
    "{words} = {day:long}, a {day:weekday}": "{words} = {day:weekday} {day:long}",
    "start {anchor:long}{lead}": "start {anchor:long}{lead}",
    "deadline {anchor:long}{lead}": "frist {anchor:long}{lead}",
    ", on the day": ", på dagen",
    " + {length}": " + {length}",
    " - {length}": " - {length}",
    "{count} day": "{count} dag",
    "{count} days": "{count} dage",
    "{count} week": "{count} uge",
    "{count} weeks": "{count} uger",
    "{count} month": "{count} måned",
    "{count} months": "{count} måneder",
    "{count} working day": "{count} arbejdsdag",
    "{count} working days": "{count} arbejdsdage",
    "{words}; repeated every {rhythm}: {day:long}, a {day:weekday}": (
        "{words}; gentages efter {rhythm}: {day:weekday} {day:long}"
    ),
    "{words}, sent {hour:hour}": "{words}, sendes {hour:hour}",
    "{words}; {day:long} is closed ({why}): sent {sent:weekday} {sent:long}, {hour:hour}": (
        "{words}; {day:long} er lukket ({why}): sendes {sent:weekday} {sent:long}, {hour:hour}"
    ),
    "{words}; next {day:long} if it is still so": "{words}; næste gang {day:long}, hvis det stadig er sådan",
    "{day:weekday}": "{day:weekday}",
    "closed by the municipality": "lukket af kommunen",
    "the meeting planned for the review": "det planlagte møde om opfølgningen",
    "the placement's planned end (anbringelse_slut)": "anbringelsens planlagte ophør (anbringelse_slut)",
    "the course's planned end (slut_planlagt)": "forløbets planlagte afslutning (slut_planlagt)",
    "the course's last day (slut_dato)": "forløbets sidste dag (slut_dato)",
    "the birthday number {age}": "{age}-års fødselsdagen",
    "the 18th birthday - {length}": "18-års fødselsdagen - {length}",
    "start {day:long} + {length}": "start {day:long} + {length}",
    "last review held {day:long} + {length}": "seneste opfølgning {day:long} + {length}",
    "reopened {day:long} + {length}": "genåbnet {day:long} + {length}",
    "phase 2 began {day:long} + {length}": "fase 2 begyndte {day:long} + {length}",
}
_CALENDARS = {
    "calendar": "kalender",
    "invites for {moment}": "indkalder til {moment}",
    "moves {before} to {now}": "flytter {before} til {now}",
    "{first} every week until {last}": "{first} hver uge til {last}",
    "{first} every {every} weeks until {last}": "{first} hver {every}. uge til {last}",
    "{words} but one date": "{words} undtagen én dato",
    "{words} but {without} dates": "{words} undtagen {without} datoer",
    "updates {before}: it is {now} now": "retter {before}: det er nu {now}",
    "updates {moment}: it is over": "retter {moment}: det er slut",
    "updates {moment}: place or title has changed": "retter {moment}: sted eller titel er ændret",
    "cancels {moment}: {reason}": "aflyser {moment}: {reason}",
    "cannot be cancelled in the calendar: {reason}": "kan ikke aflyses i kalenderen: {reason}",
    "stays in the calendar as it is: {reason}": "bliver stående i kalenderen, som den er: {reason}",
    "it is read in another mailbox now": "det læses nu i en anden postkasse",
    "it is wanted again, and entered anew": "det ønskes igen og sættes ind på ny",
    "it is somebody else's now": "det er nu en andens",
    "nothing more is said about this case": "der siges ikke mere om denne sag",
    "mail may not go to this address": "der må ikke sendes mail til denne adresse",
    "the citizen is not in the case source": "borgeren er ikke i kilden",
    "the citizen has another mailbox now": "borgeren har nu en anden mailadresse",
    "the member of staff is not in the case source": "medarbejderen er ikke i kilden",
    "this {name} is not in the case source": "{name} er ikke i kilden",
    "the row of this {name} is at fault in the case source": "rækken for {name} har fejl i kilden",
    "the course is not in the case source": "forløbet er ikke i kilden",
    "rows of the course are at fault in the case source": "rækker om forløbet har fejl i kilden",
    "no rule puts it into calendars any more": "ingen regel sætter det i kalendere længere",
    "the meeting was removed from the case source": "mødet er fjernet fra kilden",
    "it concerns the case no more": "det er ikke længere aktuelt i sagen",
    "which date {row} of rd_aktivitet has nobody can say; correct that row": (
        "ingen kan sige, hvilken dato {row} i rd_aktivitet har; ret den række"
    ),
    "participants are at fault in the case source": "deltagere har fejl i kilden",
    "nobody can be told": "ingen kan få besked",
    "the sessions are cancelled": "aktiviteterne er aflyst",
    "it is not in the series any more": "det er ikke længere med i rækken",
    "the review was held on {day}": "opfølgningen blev holdt {day}",
    "another date has taken its place": "en anden dato er trådt i stedet",
}
# What is wrong with a row of the case source, where it can be said without a number.
ROW_FAULTS = {
    "is the key of an earlier row as well": "er også nøgle for en tidligere række",
    "is missing": "mangler",
    "holds control characters": "indeholder styretegn",
    "can be read as a CPR number": "kan læses som et CPR-nummer",
    "is none of the contract's codes": "er ingen af kontraktens koder",
    "is not a whole number": "er ikke et helt tal",
    "is neither 0 nor 1": "er hverken 0 eller 1",
    "is not a date as YYYY-MM-DD": "er ikke en dato som ÅÅÅÅ-MM-DD",
    "has a time of day where the contract has a DATE": "har et klokkeslæt, hvor kontrakten har en DATE",
    "is not local time as YYYY-MM-DD HH:MM:SS without offset": (
        "er ikke lokal tid som ÅÅÅÅ-MM-DD TT:MM:SS uden tidszone"
    ),
    "has an offset where the contract has local time without": (
        "har en tidszone, hvor kontrakten har lokal tid uden"
    ),
    "does not exist in the calendar": "findes ikke i kalenderen",
    "holds the person's birth date": "indeholder personens fødselsdato",
}
# Names of the domain that stand alone: kinds of deadline, decisions, states, kinds of silence.
NAMES = {
    "review": "opfølgning",
    "review_meeting": "møde om opfølgning",
    "course_limit": "forløbets længste varighed",
    "course_end": "forløbets afslutning",
    "exit_age": "aldersgrænse",
    "planned_end": "planlagt afslutning",
    "placement_end": "anbringelsens ophør",
    "intro_visit": "introduktionsbesøg",
    "turns_18": "beslutning før 18 år",
    "plan_due": "frist for planen",
    "activity": "aktivitet",
    "committee": "udvalgsmøde",
    "committee_report": "tal til udvalget",
    "one_off": "mærkedag",
    "digest": "ugeoverblik",
    "send": "sendes",
    "told": "fortalt",
    "wait": "venter",
    "skip": "udelades",
    "queued": "i kø",
    "sending": "under afsendelse",
    "deferred": "udskudt",
    "held": "tilbageholdt",
    "unknown": "uvis",
    "withdrawn": "trukket tilbage",
    "sent": "sendt",
    "lapsed": "bortfaldet",
    "failed": "fejlet",
    "refused": "afvist",
    "accepted": "kommer",
    "declined": "kommer ikke",
    "tentative": "måske",
    "moede": "møde",
    "case": "sag",
    "person": "person",
    "rule": "regel",
}
_COMMANDS = {
    "when": "hvornår",
    "what": "hvad",
    "deadline": "frist",
    "to": "til",
    "decision": "afgørelse",
    "why": "hvorfor",
    "about": "om",
    "state": "tilstand",
    "last word": "seneste ord",
    "was due": "skulle sendes",
    "view": "tabel",
    "row": "række",
    "row id": "række",
    "rows": "rækker",
    "rejected": "afvist",
    "kept": "beholdt",
    "left out": "udeladt",
    "column": "kolonne",
    "reason": "grund",
    "count": "antal",
    "absent": "mangler",
    "programme": "tilbud",
    "open courses": "åbne forløb",
    "kept without a column": "beholdt uden en kolonne",
    "unknown codes in": "ukendte koder i",
    "on": "til",
    "off": "fra",
    "disabled": "slået fra",
    "enabled = false in the rules": "enabled = false i reglerne",
    "{moment:when}": "{moment:when}",
    "{role} {mail} for {person}": "{role} {mail} for {person}",
    "{first} to {last}: {counts}": "{first} til {last}: {counts}",
    "{number} {kind}": "{number} {kind}",
    "{first}, {then}": "{first}, {then}",
    "nothing": "intet",
    "Everything that will not be sent, with its reason: --all": "Alt, der ikke sendes, med grunden: --all",
    "Cannot or shall not become a notice:": "Kan eller skal ikke blive til en besked:",
    "case {sagsnr}, as of {day}": "sag {sagsnr}, set fra {day}",
    "The case source has no course that can be used; nothing is told about this case.": (
        "Kilden har intet forløb, der kan bruges; der siges intet om denne sag."
    ),
    "course {forloeb_id}: {tilbud}, {status}": "forløb {forloeb_id}: {tilbud}, {status}",
    "but {reason}": "men {reason}",
    "no rule speaks about it": "ingen regel siger noget om den",
    "Without a day:": "Uden dato:",
    "Told so far:": "Fortalt indtil nu:",
    "Told so far: nothing.": "Fortalt indtil nu: intet.",
    "Within a year, if nothing changes:": "Inden for et år, hvis intet ændrer sig:",
    "Within a year: nothing.": "Inden for et år: intet.",
    "and {number} more of the same, again and again: --json": "og {number} gentagelser til: --json",
    "Will not be sent:": "Sendes ikke:",
    "Silences:": "Pauser:",
    "{id}: {kind} {target} {words}": "{id}: {kind} {target} {words}",
    "Rows of this case that were found at fault in the case source:": (
        "Rækker om denne sag, der er fejl i, i kilden:"
    ),
    "last look at the case source: {moment} UTC": "kilden er senest læst {moment} UTC",
    "nothing has run yet": "intet har kørt endnu",
    "waiting longest: {key} ({state}: {reason})": "har ventet længst: {key} ({state}: {reason})",
    "change": "ændring",
    "before": "før",
    "after": "efter",
    "appears": "kommer til",
    "vanishes": "falder væk",
    "recipient": "modtager",
    "day": "dag",
    "{first} to {last}: {number} differences": "{first} til {last}: {number} forskelle",
    "on {day:long} {number} notices would go out: more than brake.max_new, so all would be held": (
        "{day:long} ville {number} påmindelser gå ud: flere end brake.max_new, så alle ville blive holdt"
    ),
    "says more: {rule}: {value}, because: {because}": "siger mere: {rule}: {value}, fordi: {because}",
    "every rule": "alle regler",
    "fine: configuration, rules and templates": "i orden: konfiguration, regler og skabeloner",
    "fine: configuration, rules and templates, case source, ledger and relay": (
        "i orden: konfiguration, regler og skabeloner, kilde, ledger og relæ"
    ),
    "fine: configuration, rules and templates, case source, ledger, relay and mailbox": (
        "i orden: konfiguration, regler og skabeloner, kilde, ledger, relæ og postkasse"
    ),
    "the case source is in doubt ({reason}): nothing is withdrawn or cancelled;"
    "\n  `reminderd release --brake source` takes it as it is": (
        "kilden er i tvivl ({reason}): intet trækkes tilbage eller aflyses;"
        "\n  `reminderd release --brake source` tager den, som den er"
    ),
    "held by a brake; `reminderd release --brake NAME` lets go:": (
        "holdt af en bremse; `reminderd release --brake NAME` slipper den:"
    ),
    "brake": "bremse",
    "addresses whose mail came back (`reminderd inbox --clear` when they work again):": (
        "adresser, hvis mail kommer retur (`reminderd inbox --clear`, når de virker igen):"
    ),
    "address": "adresse",
    "since": "siden",
    "mails": "mails",
    "Answered:": "Besvaret:",
    "date": "dato",
    "answer": "svar",
    "all": "alle",
    "data as of {day} {hour:hour}, {hours} hours old": "data fra {day} {hour:hour}, {hours} timer gamle",
    "data as of {day} {hour:hour}, {hours} hours old; OLDER THAN 26 HOURS": (
        "data fra {day} {hour:hour}, {hours} timer gamle; ÆLDRE END 26 TIMER"
    ),
    "and {number} more: --all": "og {number} til: --all",
}
PATTERNS = _REASONS | _DECISIONS | _ARITHMETIC | _COMMANDS | _CALENDARS
DANISH = Tongue(_Danish(), NAMES | ROW_FAULTS | PATTERNS)

"""The names that columns have elsewhere, and what they probably are: a proposal for whoever maps a file."""

from collections.abc import Mapping, Sequence

from coaching.bringing.file_map import Target, word_key

_NAMES: Mapping[Target, str] = {
    Target.ID: "session id, booking id, booking uid, appointment id, event uuid, event id, uid, uuid, id, booking, "
    "booking number, reference, confirmation number, buchungsnummer, termin-id, terminnummer, id de la reserva, "
    "identifiant, id da reserva, 予約id, 予約番号",
    Target.CLIENT: "client, client email, client e-mail, customer email, invitee email, attendee email, "
    "participant email, guest email, patient email, booker email, email, e-mail, email address, e-mail address, mail, "
    "e-mail-adresse, e-mail adresse, kunde e-mail, kunden-e-mail, correo electrónico, correo, email del cliente, "
    "adresse e-mail, courriel, e-mail du client, e-mail do cliente, メールアドレス, メール",
    Target.COACH: "coach, coach email, host, host email, user email, staff, staff email, staff member, provider, "
    "provider email, employee, practitioner, calendar, assigned to, with, organizer, organizer email, trainer, team member, "
    "anbieter, mitarbeiter, kalender, mitarbeiter:in, entrenador, proveedor, personal, calendario, accompagnateur, "
    "intervenant, calendrier, profissional, calendário, 担当者, コーチ, 担当",
    Target.TYPE: "session type, event type, event type name, appointment type, service, service name, type, meeting type, "
    "title, subject, event name, leistung, dienstleistung, terminart, terminarten, art, betreff, servicio, "
    "tipo de cita, tipo de sesión, tipo, prestation, type de rendez-vous, objet, serviço, tipo de sessão, "
    "メニュー, サービス, 種類, 件名",
    Target.DURATION: "duration minutes, duration, duration (minutes), duration (mins), duration (min), length, minutes, "
    "dauer, dauer (min), dauer (minuten), duración, duración (min), durée, durée (min), duração, duração (min), "
    "所要時間, 時間（分）, 時間(分)",
    Target.ZONE: "time zone, timezone, invitee time zone, event time zone, tz, zeitzone, zona horaria, fuseau horaire, "
    "fuso horário, タイムゾーン",
    Target.STATUS: "status, state, booking status, appointment status, event status, canceled, cancelled, estado, statut, "
    "état, situação, ステータス, 状態, 状況",
    Target.PACKAGE: "package, package name, bundle, series, paket, paquete, bono, forfait, pacote, パッケージ, 回数券",
    Target.CREDITS: "credits, credits used, guthaben, créditos, crédits, クレジット",
    Target.LINK: "meeting link, join link, join url, meeting url, conference link, video link, zoom link, meeting-link, "
    "enlace de la reunión, lien de la réunion, link da reunião, 会議リンク",
    Target.PRICE: "price, amount, total, cost, fee, appointment price, amount paid, preis, betrag, precio, importe, prix, "
    "montant, preço, valor, 料金, 金額, 価格",
    Target.CURRENCY: "currency, währung, moneda, divisa, devise, moeda, 通貨",
}
_START = (
    "starts at, start, start time, start date & time, start date and time, start date/time, start datetime, date & time, "
    "date and time, date/time, datetime, appointment time, starts, beginning, begin, beginn, startzeit, anfang, uhrzeit, "
    "time, inicio, hora de inicio, fecha y hora, hora, début, heure de début, date et heure, heure, início, "
    "hora de início, data e hora, 開始, 開始日時, 開始時刻, 日時, 時刻"
)
_END = (
    "end, ends at, end time, end date & time, end date and time, end date/time, end datetime, ends, finish, finish time, ende, "
    "endzeit, fin, hora de fin, heure de fin, fim, hora de término, término, 終了, 終了日時, 終了時刻"
)
_START_DAY = (
    "start date, date, appointment date, day, datum, startdatum, tag, fecha, fecha de inicio, date de début, jour, "
    "data, data de início, 日付, 開始日, 予約日"
)
_END_DAY = "end date, enddatum, fecha de fin, date de fin, data de término, 終了日"


def proposed(names: Sequence[str]) -> dict[Target, tuple[str, ...]]:
    """Return what the columns probably are, by their names. A column is one thing at most."""
    keys = {word_key(name.replace("_", " ")): name for name in reversed(names) if name.strip()}
    found: dict[Target, tuple[str, ...]] = {}
    for target, tables in ((Target.START, (_START_DAY, _START)), (Target.END, (_END_DAY, _END))):
        both = [name for table in tables if (name := _first(table, keys)) is not None]
        if both:
            found[target] = tuple(both)
    for target, words in _NAMES.items():
        if (name := _first(words, keys)) is not None:
            found[target] = (name,)
    return found


def _first(words: str, keys: dict[str, str]) -> str | None:
    for word in words.split(", "):
        if (name := keys.pop(word_key(word), None)) is not None:
            return name
    return None

// The most common emoji. A name that is not listed stays as typed, between its colons.

const LIST = `smile 😄 slightly_smiling_face 🙂 grinning 😀 joy 😂 sweat_smile 😅 wink 😉 blush 😊 heart_eyes 😍 thinking_face 🤔 neutral_face 😐 cry 😢 sob 😭 angry 😠 scream 😱 sunglasses 😎 sleeping 😴
face_with_thermometer 🤒 mask 😷 wave 👋 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 clap 👏 pray 🙏 muscle 💪 raised_hands 🙌 point_right 👉 point_left 👈 point_up ☝️ point_down 👇 eyes 👀 heart ❤️
broken_heart 💔 yellow_heart 💛 green_heart 💚 blue_heart 💙 tada 🎉 sparkles ✨ star ⭐ fire 🔥 rocket 🚀 zap ⚡ bulb 💡 warning ⚠️ no_entry ⛔ no_entry_sign 🚫 x ❌ heavy_check_mark ✔️ white_check_mark ✅
ballot_box_with_check ☑️ heavy_plus_sign ➕ heavy_minus_sign ➖ question ❓ exclamation ❗ bangbang ‼️ information_source ℹ️ red_circle 🔴 large_green_circle 🟢 large_yellow_circle 🟡
large_blue_circle 🔵 white_circle ⚪ black_circle ⚫ large_orange_circle 🟠 rotating_light 🚨 bell 🔔 no_bell 🔕 calendar 📆 date 📅 spiral_calendar_pad 🗓️ clock1 🕐 clock3 🕒 clock9 🕘 alarm_clock ⏰
stopwatch ⏱️ hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ lock 🔒 unlock 🔓 key 🔑 link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍 memo 📝 pencil 📝 pencil2 ✏️ clipboard 📋 page_facing_up 📄 books 📚
book 📖 mag 🔍 gear ⚙️ wrench 🔧 hammer 🔨 package 📦 gift 🎁 ticket 🎫 moneybag 💰 dollar 💵 credit_card 💳 receipt 🧾 chart_with_upwards_trend 📈 bar_chart 📊 email 📧 envelope ✉️ incoming_envelope 📨
inbox_tray 📥 outbox_tray 📤 speech_balloon 💬 thought_balloon 💭 loudspeaker 📢 mega 📣 telephone_receiver 📞 iphone 📱 computer 💻 video_camera 📹 camera 📷 headphones 🎧 microphone 🎤 house 🏠 office 🏢
airplane ✈️ car 🚗 train 🚆 sunny ☀️ cloud ☁️ umbrella ☔ snowflake ❄️ rainbow 🌈 coffee ☕ tea 🍵 beer 🍺 pizza 🍕 cake 🍰 apple 🍎 dog 🐶 cat 🐱 bear 🐻 seedling 🌱 deciduous_tree 🌳 rose 🌹 robot_face 🤖
ghost 👻 skull 💀 trophy 🏆 medal 🏅 dart 🎯 soccer ⚽ person_in_lotus_position 🧘 runner 🏃 walking 🚶 bust_in_silhouette 👤 busts_in_silhouette 👥 handshake 🤝 writing_hand ✍️ arrow_right ➡️
arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrows_counterclockwise 🔄 repeat 🔁 leftwards_arrow_with_hook ↩️ arrow_forward ▶️ double_vertical_bar ⏸️ recycle ♻️ new 🆕 free 🆓 sos 🆘 100 💯 one 1️⃣
two 2️⃣ three 3️⃣ wastebasket 🗑️ file_folder 📁 hash #️⃣ earth_africa 🌍 globe_with_meridians 🌐`;
const words = LIST.split(/\s+/);
export const EMOJI = new Map();
for (let i = 0; i + 1 < words.length; i += 2) EMOJI.set(words[i], words[i + 1]);

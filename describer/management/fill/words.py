"""Words in several languages, of which sentences are put together: who, does what, where; and questions and tags."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Parts of sentences, separated by |. `order` puts them together; `share` is how much of a site is in it."""

    share: int
    who: str
    what: str
    where: str
    questions: str
    tags: str
    order: str = "{who} {what} {where}."


LANGUAGES = (
    Language(
        50,
        "A small boat|The old lighthouse|A woman in a yellow coat|The receipt|A grey cat|The wooden bridge|A line chart"
        "|The shop window|A delivery van|The second row of the table|A handwritten note|The tower",
        "rests quietly|can be seen clearly|stands|is partly hidden|is reflected|has been painted red|shows signs of wear"
        "|appears twice|catches the light|is cropped",
        "beside the harbour wall|under a cloudy sky|in the foreground|at the lower edge of the picture|between two parked cars"
        "|near the railway station|on a white background|behind the glass|in the morning mist|to the left of the entrance",
        "What is in this picture?|How many people are there?|What does the sign say?|Is anything damaged here?"
        "|Describe the colours and the light.|What is the total on this receipt?|Which breed is the dog?",
        "harbour|invoice|holiday|to check|garden|archive|meters|family",
    ),
    Language(
        14,
        "Ein kleines Boot|Der alte Leuchtturm|Eine Frau mit Regenschirm|Die Rechnung|Eine graue Katze|Das Straßenschild"
        "|Der Fachwerkgiebel|Ein Lieferwagen",
        "liegt ruhig|steht gut sichtbar|spiegelt sich|ist teilweise verdeckt|wirkt beschädigt|leuchtet rötlich",
        "am Hafenbecken|unter bewölktem Himmel|im Vordergrund|am unteren Bildrand|zwischen zwei Häusern|vor der Gaststätte"
        "|neben dem Eingang",
        "Was ist auf diesem Bild zu sehen?|Was steht auf dem Schild?|Wie groß ist der Schaden?|Welche Pflanze ist das?",
        "Hafen|Rechnungen|Urlaub|prüfen|Straße|Zählerstände",
    ),
    Language(
        8,
        "Un petit bateau|Le vieux phare|Une femme au manteau jaune|La facture|Un chat gris|Le pont de pierre",
        "se reflète|reste immobile|apparaît nettement|est en partie caché|semble abîmé|brille",
        "près du port|sous un ciel couvert|au premier plan|à côté de l'entrée|derrière la vitre|en bas de l'image",
        "Que voit-on sur cette image ?|Que dit le panneau ?|Combien de personnes y a-t-il ?",
        "port|factures|été|à vérifier|forêt",
    ),
    Language(
        7,
        "Una barca pequeña|El faro viejo|Una mujer con abrigo amarillo|La factura|Un gato gris|El puente de madera",
        "descansa|se ve con claridad|se refleja|está medio oculta|parece dañada|brilla",
        "junto al muelle|bajo un cielo nublado|en primer plano|cerca de la estación|detrás del cristal|a la izquierda",
        "¿Qué hay en esta imagen?|¿Qué dice el cartel?|¿Cuántas personas hay?",
        "puerto|facturas|verano|revisar|montaña",
    ),
    Language(
        6,
        "一艘小船|古老的灯塔|穿黄色外套的女人|一张收据|灰色的猫|木制的桥|商店的橱窗",
        "静静地停在|清楚地出现在|倒映在|一部分被遮挡在|安静地坐在",
        "港口旁边|多云的天空下|画面的前景中|两辆车之间|火车站附近|白色背景前",
        "这张图片里有什么?|招牌上写了什么?|图中有几个人?",
        "港口|发票|假期|待查|花园",
        "{who}{what}{where}。",
    ),
    Language(
        5,
        "小さな船が|古い灯台が|黄色いコートの女性が|領収書が|灰色の猫が|木の橋が",
        "静かに見えます|はっきりと写っています|水面に映っています|一部が隠れています|少し傷んでいます",
        "港のそばに|曇り空の下に|手前に|二台の車の間に|駅の近くに|ガラスの向こうに",
        "この写真には何が写っていますか。|看板には何と書いてありますか。|何人いますか。",
        "港|請求書|旅行|確認|庭",
        "{who}{where}{what}。",
    ),
    Language(
        4,
        "작은 배가|오래된 등대가|노란 외투를 입은 여자가|영수증이|회색 고양이가|나무 다리가",
        "조용히 있습니다|또렷하게 보입니다|물에 비칩니다|일부가 가려져 있습니다|조금 손상되어 있습니다",
        "항구 옆에|흐린 하늘 아래|앞쪽에|두 자동차 사이에|기차역 근처에|유리 뒤에",
        "이 사진에는 무엇이 있습니까?|간판에 뭐라고 쓰여 있습니까?",
        "항구|영수증|휴가|확인|정원",
        "{who} {where} {what}.",
    ),
    Language(
        3,
        "قارب صغير|المنارة القديمة|امرأة ترتدي معطفا أصفر|الفاتورة|قطة رمادية|الجسر الخشبي",
        "يظهر بوضوح|يقف بهدوء|ينعكس على الماء|مخفي جزئيا|تبدو عليه آثار القدم",
        "بجانب الميناء|تحت سماء غائمة|في مقدمة الصورة|بين سيارتين|قرب محطة القطار|خلف الزجاج",
        "ماذا يوجد في هذه الصورة؟|ماذا تقول اللافتة؟",
        "ميناء|فواتير|عطلة|حديقة",
    ),
    Language(
        3,
        "Маленькая лодка|Старый маяк|Женщина в жёлтом пальто|Квитанция|Серая кошка|Деревянный мост",
        "отражается в воде|хорошо видна|стоит спокойно|частично скрыта|выглядит потёртой",
        "у причала|под облачным небом|на переднем плане|между двумя машинами|возле вокзала|за стеклом",
        "Что на этой картинке?|Что написано на вывеске?",
        "порт|счета|отпуск|проверить",
    ),
)

HEADINGS = ("**Overview**", "**Details**", "**Colours**", "## 1", "**Text**")
FILE_STEMS = (
    "IMG_{0:04}",
    "DSC{0:05}",
    "scan-{0:04}",
    "PXL_2026{0:04}",
    "Hafen {0}",
    "Screenshot {0}",
    "写真{0}",
)
SYLLABLES = (
    "ma",
    "ro",
    "lin",
    "tes",
    "ka",
    "ver",
    "dun",
    "hol",
    "mi",
    "zan",
    "bre",
    "gol",
    "sti",
    "fay",
    "wen",
    "ox",
)

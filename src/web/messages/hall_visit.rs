//! Texts of the window: the card and the comparison.

messages! {
    HallCard {
        title: "读取证件" | "Read the card",
        step_card: "读证件" | "Card",
        step_compare: "核对" | "Compare",
        step_decide: "结果" | "Result",
        step_bind: "确认账号" | "Bind",
        steps: "办理步骤" | "Steps",
        reader_title: "用读卡器" | "With the reader",
        reader_text: "把证件平放在读卡器上，再点“读卡”。" | "Lay the card flat on the reader, then press Read.",
        read: "读卡" | "Read the card",
        reading: "正在读卡" | "Reading",
        no_script: "读卡需要浏览器脚本。请启用脚本，或在下面手工录入。" | "Reading needs scripts. Allow them, or enter the card by hand below.",
        reader_away: "连接不上读卡器，请检查读卡程序是否在运行" | "The reader does not answer. See that its program is running",
        reader_empty: "读卡器上没有证件，请放好后再读" | "There is no card on the reader. Lay it on and read again",
        samples: "测试环境使用模拟读卡器。" | "The test environment has a simulated reader.",
        samples_link: "选一张样例证件放上去" | "Lay a sample card on it",
        no_reader: "本机没有接入读卡器，请手工录入。" | "No reader is set up here. Enter the card by hand.",
        again: "重新读取证件" | "Read the card again",
        manual_title: "手工录入" | "By hand",
        manual_warning: "仅在读卡器无法使用时录入。手工录入会被标记，比对时须再看一遍。"
            | "Only when the reader cannot be used. Entries by hand are marked and need a second look.",
        id_type: "证件类型" | "Kind of document",
        id_number: "证件号码" | "Document number",
        id_number_again: "再输入一次证件号码" | "Document number again",
        issuing_country: "签发国家或地区" | "Issued by the country",
        issuing_country_hint: "仅护照需要，填护照上的三位字母，例如 FRA" | "For passports only: the three letters printed in it, such as FRA",
        name: "姓名" | "Name",
        valid_until: "有效期至" | "Valid until",
        valid_until_hint: "例如 2036-05-01；长期有效填“长期”" | "For example 2036-05-01; “long” if it has no end",
        submit: "录入并继续" | "Enter and go on",
        release: "放回等待" | "Put back",
        end: "结束，不办理" | "End without a result",
        kept: "您刚才填写的内容还在，尚未提交。请核对后再提交。" | "What you filled in is still here and has not been sent. Check it, then send it.",
        date_form: "请按 2036-05-01 的格式输入日期，或填“长期”" | "Enter a date such as 2036-05-01, or “long”",
        number_again_missing: "请再输入一次证件号码" | "Enter the number again",
        date_missing: "请输入有效期，长期有效填“长期”" | "Enter until when it is valid, or “long”",
    }
    HallCompare {
        title: "核对本人与证件" | "Compare the person with the card",
        card: "证件信息" | "Card",
        other_name: "证件姓名与登记姓名不同" | "The name on the card is not the name on record",
        name_on_record(name): "登记姓名：{name}（首字不显示）。请看证件是否读对、录对，是否改过名。"
            | "On record: {name} (first character hidden). See whether the card was read or typed right, and whether the name was changed.",
        name_waits: "如果通过，本人用账号确认后，登记姓名改为证件姓名。"
            | "If the person passes and their account confirms, the record takes the name on the card.",
        name_follows: "如果通过，登记姓名即改为证件姓名。" | "If the person passes, the record takes the name on the card at once.",
        other_number: "证件号码与登记的不同" | "The number on the document is not the one on record",
        number_on_record(number): "登记号码：{number}（只显示首末两位）。通行证换发后，号码开头不变，末尾会变。请看号码是否读对、录对。"
            | "On record: {number} (first and last character shown). A re-issued permit keeps the beginning of its number, and the end changes. See whether the number was read or typed right.",
        other_kind: "证件类型与登记的不同" | "The kind of document is not the one on record",
        kind_on_record(kind): "登记类型：{kind}，号码相同。请看证件类型是否选对。"
            | "On record: {kind}, with the same number. See whether the kind was chosen right.",
        document_waits: "如果通过，本人用账号确认后，登记改为这个证件，原来的留作历史。"
            | "If the person passes and their account confirms, the record takes this document and keeps the other one as history.",
        document_follows: "如果通过，登记即改为这个证件，原来的留作历史。"
            | "If the person passes, the record takes this document at once and keeps the other one as history.",
        birth: "出生日期" | "Born",
        sex: "性别" | "Sex",
        male: "男" | "Male",
        female: "女" | "Female",
        no_end: "长期" | "no end",
        issuer: "签发机关" | "Issued by",
        validity: "有效期" | "Valid",
        valid(from, until): "{from} 至 {until}" | "{from} to {until}",
        chip: "芯片" | "Chip",
        chip_genuine: "已读取，签名有效" | "Read, signature valid",
        chip_unread: "未读取" | "Not read",
        source: "录入方式" | "Entered",
        by_reader: "读卡器" | "By reader",
        by_hand: "手工录入" | "By hand",
        by_hand_warning: "这是手工录入的证件。请对照原件再看一遍号码、姓名和有效期。"
            | "This card was entered by hand. Look again at number, name and validity on the original.",
        by_hand_warning_passport: "这是手工录入的护照。请对照原件再看一遍签发国家、号码、姓名和有效期。"
            | "This passport was entered by hand. Look again at issuing country, number, name and validity on the original.",
        account: "网上账号" | "Online account",
        account_none: "没有" | "None",
        account_one: "有，可当场确认" | "There is one; it can confirm here",
        checks: "逐项核对" | "Check one by one",
        pass: "相符" | "Yes",
        fail: "不符" | "No",
        cannot_tell: "看不清" | "Cannot tell",
        document: "证件是原件且未被改动" | "The document is the original and unaltered",
        resident_hint: "看：卡面花纹清晰、无揭起或涂改；侧光下可见“长城”和定向光变膜；照片边缘无拼接；芯片信息与卡面一致。"
            | "Look for: clear fine lines, no lifted film; under slanting light the Great Wall and the colour-changing film; no seam round the photo; chip and face agree.",
        permit_hint: "看：底纹和小字清晰、无揭起或涂改；照片边缘无拼接；机读码与印刷的号码、日期一致；有芯片的，芯片信息与卡面一致。"
            | "Look for: clear background and small print, no lifted film; no seam round the photo; the machine-readable lines agree with the printed number and dates; the chip, where there is one, agrees with the face.",
        passport_hint: "看：资料页照片与页面一体，无切割、重贴或揭起；转动时光变图案会变；页下两行机读码与印刷的国家、号码、出生日期、有效期一致；不缺页，装订无拆动。"
            | "Look for: a photo that is one with the data page, not cut or glued in, no lifted film; signs that change when tilted; the two machine-readable lines agree with the printed country, number, birth date and validity; no page missing, the binding untouched.",
        foreign_hint: "看：卡面花纹清晰、无揭起或涂改；照片边缘无拼接；号码第 7 至 14 位与出生日期一致；芯片信息与卡面一致。"
            | "Look for: clear fine lines, no lifted film; no seam round the photo; digits 7 to 14 of the number are the birth date; chip and face agree.",
        foreign_old_hint: "看：卡面花纹清晰、无揭起或涂改；照片边缘无拼接；号码前三位是国家或地区代码，第 8 至 13 位与出生日期一致（年份取后两位）；有芯片的，芯片信息与卡面一致。"
            | "Look for: clear fine lines, no lifted film; no seam round the photo; the first three letters of the number are the code of the country, digits 8 to 13 the birth date (year in two digits); the chip, where there is one, agrees with the face.",
        face: "持证人与证件照片是同一人" | "The holder is the person in the photo",
        face_hint: "请对方摘下口罩和帽子，看眉眼、耳廓、脸型；发型、胖瘦不作为依据。"
            | "Ask them to take off mask and hat. Compare eyes, ears and the shape of the face, not hair or weight.",
        holder: "本人自愿办理，知道在办什么" | "They act for themselves and know what this is",
        holder_hint: "请对方自己说出姓名和来办的事；有人代答或催促时选“看不清”。"
            | "Let them say their name and why they came. If somebody answers for them or hurries them, choose “Cannot tell”.",
        second_look: "我已对照原件再看了一遍" | "I have looked at the original a second time",
        decide: "作出决定" | "Decide",
        decide_text: "决定由您作出，会连同您的工号一起记录。" | "The decision is yours, and is recorded with your login.",
        passed: "核验通过" | "Passed",
        fail_retryable: "未通过，可再来" | "Failed, may come again",
        fail_final: "未通过" | "Failed",
        reason: "未通过的原因" | "Reason for failing",
        reason_hint: "选择“未通过”时必填" | "Needed when the person fails",
        reason_choose: "请选择" | "Choose",
        of_check(check, error): "{check}：{error}" | "{check}: {error}",
        check_missing: "请完成这一项核对" | "Make this check",
        second_look_missing: "手工录入的证件须再看一遍" | "A card entered by hand needs a second look",
        reason_missing: "请选择未通过的原因" | "Choose a reason",
        not_all_pass: "三项都相符才能通过" | "To pass, all three checks must be Yes",
        decision_missing: "请作出决定" | "Make a decision",
    }
}

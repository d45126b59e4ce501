-- Names of departments and halls in English, for pages in English. Absent: the one name serves everybody.
ALTER TABLE department ADD COLUMN name_en TEXT;
ALTER TABLE hall ADD COLUMN name_en TEXT;

//! What `describe` says, compared with other authors' readers of the same bytes: `object` for images, `pdb2` for PDBs.

use std::io::Cursor;

use object::pe::{self, ImageDebugDirectory, ImageNtHeaders32, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile, optional_header_magic};
use object::{LittleEndian as LE, Object};
use symgate_index::{Description, Exports, Guid, Image, Width, describe};

/// Panics where they differ.
pub(crate) fn agree(bytes: &[u8], row: &str) {
    match describe(Cursor::new(bytes)).expect(row) {
        Description::Image(image) => match optional_header_magic(bytes).expect(row) {
            pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => agree_on_image::<ImageNtHeaders32>(bytes, &image, Width::Bits32, row),
            _ => agree_on_image::<ImageNtHeaders64>(bytes, &image, Width::Bits64, row),
        },
        Description::Pdb(pdb) => {
            let mut peer = pdb2::PDB::open(Cursor::new(bytes)).expect(row);
            let info = peer.pdb_information().expect(row);
            assert_eq!(
                pdb.guid.to_string(),
                info.guid.simple().to_string().to_uppercase(),
                "{row}"
            );
            let age = peer.debug_information().ok().and_then(|dbi| dbi.age());
            assert_eq!(pdb.age, age.unwrap_or(info.age), "{row}");
        }
        other => panic!("{row}: {other:?}"),
    }
}

fn agree_on_image<H: ImageNtHeaders>(bytes: &[u8], ours: &Image, width: Width, row: &str) {
    let file: PeFile<'_, H> = PeFile::parse(bytes).expect(row);
    let (header, optional) = (file.nt_headers().file_header(), file.nt_headers().optional_header());
    assert_eq!(ours.width, width, "{row}");
    assert_eq!(ours.machine, header.machine.get(LE), "{row}");
    assert_eq!(ours.characteristics, header.characteristics.get(LE), "{row}");
    assert_eq!(ours.timestamp, header.time_date_stamp.get(LE), "{row}");
    assert_eq!(ours.checksum, optional.check_sum(), "{row}");
    assert_eq!(ours.image_base, file.relative_address_base(), "{row}");
    assert_eq!(ours.size_of_image, optional.size_of_image(), "{row}");
    let exports = file
        .export_table()
        .expect(row)
        .map_or(Exports::Absent, |_| Exports::Present);
    assert_eq!(ours.exports, exports, "{row}");

    let directory = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG);
    let data = directory.map(|directory| directory.data(bytes, &file.section_table()).expect(row));
    let data = data.unwrap_or_default();
    let count = data.len() / size_of::<ImageDebugDirectory>();
    let (theirs, _) = object::pod::slice_from_bytes::<ImageDebugDirectory>(data, count).expect(row);
    let theirs: Vec<_> = theirs
        .iter()
        .map(|entry| {
            let fields = [
                &entry.typ,
                &entry.size_of_data,
                &entry.address_of_raw_data,
                &entry.pointer_to_raw_data,
            ];
            fields.map(|field| field.get(LE))
        })
        .collect();
    let entries = ours.debug.iter();
    let entries: Vec<_> = entries
        .map(|entry| [entry.kind, entry.size, entry.address, entry.offset])
        .collect();
    assert_eq!(entries, theirs, "{row}");

    let told = ours.codeview.as_ref();
    let told = told.map(|codeview| (codeview.guid, codeview.age, codeview.path.as_bytes()));
    let theirs = file.pdb_info().expect(row);
    let theirs = theirs.map(|record| (Guid::from_file_order(record.guid()), record.age(), record.path()));
    assert_eq!(told, theirs, "{row}");
}

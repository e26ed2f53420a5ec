"""Vocabulary of the simulated CRM: names, companies, addresses, job titles, hostile text."""

from __future__ import annotations

FIRST_NAMES = (
    "Ana Lucía Marta Elena Sofía Carmen Javier Diego Pablo Andrés Hugo Mateo Emma Olivia Grace Nora"
    " Alice Hannah James Oliver Lucas Noah Peter Thomas Anke Greta Jonas Felix Camille Élodie"
    " Antoine Giulia Marco João Beatriz Priya Arjun Mei Yuki Søren"
).split()
LAST_NAMES = (
    "García Fernández López Martín Sánchez Romero Navarro Ortega Molina Vidal Smith Taylor Brown"
    " Wilson Clarke Hughes Murphy Bennett Müller Schneider Weber Fischer Becker Dubois Lefèvre"
    " Moreau Rossi Bianchi Conti Silva Costa Almeida Sharma Patel Chen Tanaka Jensen Nowak"
    " D'Angelo Smith-Jones"
).split()
COMPANY_STEMS = (
    "Altora Belvane Cortiva Dunmore Elvista Farrowen Gelmira Harwick Ibersol Jantara Kelbridge"
    " Lumeva Montalvo Norvane Ostrana Pelworth Quintera Redhaven Solvanta Tarmino Ulvesta Verdano"
    " Westmere Xandria Yarrowby Zentalia Brightmoor Calderon Eastgate Fenwick"
).split()
COMPANY_TRADES = (
    "Logistics Foods Systems Textiles Energy Pharma Motors Software Media Packaging Chemicals"
    " Construction Retail Analytics Optics Robotics Insurance Travel Plastics Telecom"
).split()
LEGAL_FORMS = ("", " Ltd", " Inc.", " GmbH", " S.L.", " S.A.", " & Co.", " Group")
UNREAL_COMPANIES = ("test", "asdf", "n/a", "-", "none", "xxx", "Test", "self")
STREETS = ("Station Road", "Calle Mayor", "Hauptstraße", "Main Street", "Via Roma", "Rue du Port")

FREE_DOMAINS = ("gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "icloud.com", "gmx.de")
EDUCATION_DOMAINS = ("stud.northfield.edu", "alumni.eastvale.edu", "hillcrest.ac.uk", "sur.edu.mx")
DISPOSABLE_DOMAINS = ("mailinator.com", "yopmail.com", "trashmail.com", "guerrillamail.com")

GENERAL = "general"
TITLE_SHAPES = {
    "en": {
        "executive": ("Chief {} Officer",),
        "vice president": (
            "VP {}",
            "VP of {}",
            "Vice President, {}",
            "V.P. {}",
        ),
        "director": ("{} Director", "Head of {}", "Director of {}", "Dir. {}"),
        "manager": ("{} Manager", "{} Mgr.", "{} Lead", "Manager, {}"),
        "specialist": ("{} Specialist", "{} Analyst", "Sr. {} Specialist", "{} Consultant"),
        "junior": ("{} Assistant", "Junior {} Specialist", "{} Asst."),
        "student": ("{} Intern", "Intern {}", "{} Trainee"),
    },
    "es": {
        "executive": ("Chief {} Officer",),
        "vice president": ("Vicepresidente de {}", "Vicepresidenta de {}", "VP de {}"),
        "director": ("Director de {}", "Directora de {}", "Jefe de {}", "Jefa de {}", "Resp. {}"),
        "manager": ("Gerente de {}", "Coordinador de {}", "Coordinadora de {}", "Encargada de {}"),
        "specialist": ("Especialista en {}", "Analista de {}", "Consultora de {}"),
        "junior": ("Asistente de {}", "Auxiliar de {}"),
        "student": ("Becario de {}", "Becaria de {}", "Prácticas {}"),
    },
}
FUNCTION_WORDS = {
    "en": {
        "marketing": ("Marketing", "Mktg", "Digital Marketing", "Brand"),
        "sales": ("Sales", "Business Development", "Inside Sales"),
        "information technology": ("IT", "Information Technology", "IT Security"),
        "engineering": ("Engineering", "R&D", "Software Engineering"),
        "finance": ("Finance", "Accounting", "Treasury"),
        "purchasing": ("Purchasing", "Procurement", "Strategic Sourcing"),
        "operations": ("Operations", "Ops", "Logistics"),
        "human resources": ("HR", "Human Resources", "Talent"),
    },
    "es": {
        "marketing": ("Marketing", "Marketing Digital", "Publicidad"),
        "sales": ("Ventas", "Comercial"),
        "information technology": ("Sistemas", "Informática"),
        "engineering": ("Ingeniería", "I+D"),
        "finance": ("Finanzas", "Contabilidad"),
        "purchasing": ("Compras",),
        "operations": ("Operaciones", "Logística", "Producción"),
        "human resources": ("Recursos Humanos", "RRHH"),
    },
}
WHOLE_TITLES = {
    ("en", "executive", GENERAL): ("CEO", "Founder", "Managing Director", "Owner", "President"),
    ("es", "executive", GENERAL): ("Director General", "Directora General", "Gerente General"),
    ("en", "student", GENERAL): ("Student", "PhD Student", "Student / part-time"),
    ("es", "student", GENERAL): ("Estudiante", "Estudiante de máster"),
    ("en", "executive", "marketing"): ("CMO", "C.M.O."),
    ("en", "executive", "sales"): ("CRO", "Chief Revenue Officer"),
    ("en", "executive", "information technology"): ("CIO", "C.I.O.", "CISO"),
    ("en", "executive", "finance"): ("CFO", "Chief Financial Officer"),
    ("en", "executive", "operations"): ("COO", "C.O.O."),
    ("en", "executive", "human resources"): ("CHRO", "Chief People Officer"),
}

# What a CRM holds sooner or later, because anyone may type anything into a web form.
HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.invalid/","open")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "{{ 7 * 7 }}",
    "'; DROP TABLE leads; --",
    'Bob "the boss"',
    "two\nlines",
    "comma, semicolon; tab\tend",
    "🚀🦊",
    "\u202egnp.exe",
    "%s%n\\",
)
